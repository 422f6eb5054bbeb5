import { useI18n } from '../../i18n/use-i18n.jsx'
import { DataTable } from '../data-table.jsx'
import { Facts } from '../facts.jsx'
import { PlainText } from './plain-text.jsx'
import { type ModelFile, readModelFile, type SignatureField } from './read-signature.js'

/** An MLmodel file: its flavours and signature, and below the text as it is. */
export function ModelFileView({ text, name }: { readonly text: string; readonly name: string }) {
  const { t } = useI18n()
  let file: ModelFile
  try {
    file = readModelFile(text)
  } catch {
    return (
      <>
        <p className="tone-warning">{t.files.notModel}</p>
        <PlainText text={text} name={name} />
      </>
    )
  }
  return (
    <div className="stack">
      <Facts
        facts={[
          { name: t.files.flavors, value: file.flavors.join(', ') },
          ...file.facts.map(([key, value]) => ({ name: key, value: <code>{value}</code> })),
        ]}
      />
      {file.signature === undefined ? (
        <p className="muted">{t.files.noSignature}</p>
      ) : (
        <SignatureParts signature={file.signature} />
      )}
      <PlainText text={text} name={name} />
    </div>
  )
}

/** Inputs, outputs and parameters, each as a table; parts that a model does not have are left out. */
export function SignatureParts({ signature }: { readonly signature: NonNullable<ModelFile['signature']> }) {
  const { t } = useI18n()
  const part = (label: string, rows: readonly SignatureField[]) =>
    rows.length > 0 && (
      <div className="stack-tight">
        <h3>{label}</h3>
        <DataTable
          label={label}
          rows={rows}
          rowKey={({ name }) => name}
          columns={[
            { id: 'name', header: t.models.name, render: ({ name }) => <code>{name}</code> },
            { id: 'type', header: t.datasets.type, render: ({ type }) => <code>{type}</code> },
            {
              id: 'required',
              header: t.files.required,
              render: ({ isRequired }) => (isRequired ? t.common.yes : t.common.no),
            },
          ]}
        />
      </div>
    )
  return (
    <div className="stack">
      {part(t.files.inputs, signature.inputs)}
      {part(t.files.outputs, signature.outputs)}
      {signature.params.length > 0 && (
        <div className="stack-tight">
          <h3>{t.files.params}</h3>
          <DataTable
            label={t.files.params}
            rows={signature.params}
            rowKey={({ name }) => name}
            columns={[
              { id: 'name', header: t.models.name, render: ({ name }) => <code>{name}</code> },
              { id: 'type', header: t.datasets.type, render: ({ type }) => <code>{type}</code> },
              { id: 'initial', header: t.files.initial, render: ({ initial }) => <code>{initial}</code> },
            ]}
          />
        </div>
      )}
    </div>
  )
}
