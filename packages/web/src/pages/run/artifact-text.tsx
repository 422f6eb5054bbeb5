import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { DataTable } from '../../components/data-table.jsx'
import { readCsv } from '../../components/export/csv.js'
import { Load } from '../../components/load.jsx'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { JsonTree } from './json-tree.jsx'

interface ArtifactTextProps {
  readonly address: string
  readonly name: string
  readonly kind: 'text' | 'json' | 'table'
}

/** A text file in the form that suits it. */
export function ArtifactText({ address, name, kind }: ArtifactTextProps) {
  const query = useQuery(queries.artifactText(address))
  return (
    <Load query={query}>
      {(text) => {
        if (kind === 'table') return <CsvTable text={text} name={name} />
        if (kind === 'json') return <JsonView text={text} name={name} />
        return <PlainText text={text} name={name} />
      }}
    </Load>
  )
}

function PlainText({ text, name }: { readonly text: string; readonly name: string }) {
  const { t } = useI18n()
  return (
    <ScrollRegion label={t.run.previewOf(name)} className="artifact-text">
      <pre>{text}</pre>
    </ScrollRegion>
  )
}

function JsonView({ text, name }: { readonly text: string; readonly name: string }) {
  const { t } = useI18n()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return (
      <>
        <p className="muted">{t.run.notJson}</p>
        <PlainText text={text} name={name} />
      </>
    )
  }
  return (
    <ScrollRegion label={t.run.previewOf(name)} className="artifact-text">
      <JsonTree value={value} />
    </ScrollRegion>
  )
}

const csvRowsMax = 200

function CsvTable({ text, name }: { readonly text: string; readonly name: string }) {
  const { t, f } = useI18n()
  const [header = [], ...rows] = readCsv(text, csvRowsMax + 1)
  const total = Math.max(text.trimEnd().split('\n').length - 1, rows.length)
  const numbered = rows.map((cells, index) => ({ cells, key: String(index) }))
  return (
    <>
      {total > rows.length && <p className="muted">{t.run.firstRows(f.integer(rows.length), f.integer(total))}</p>}
      <DataTable<(typeof numbered)[number]>
        label={t.run.previewOf(name)}
        rows={numbered}
        rowKey={({ key }) => key}
        columns={header.map((label, index) => ({
          id: `${index}`,
          header: label,
          isNumber: rows.every((row) => row[index] === '' || Number.isFinite(Number(row[index]))),
          render: ({ cells }) => cells[index] ?? '',
        }))}
      />
    </>
  )
}
