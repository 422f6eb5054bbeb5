import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { type FormPartProps, fieldId, useFormPart } from './form-part.js'
import { UploadData } from './upload-data.jsx'

/** Which data is learnt from: a dataset with one of its snapshots, or a file that is sent now. */
export function DataPart(props: FormPartProps) {
  const { form } = props
  const { t } = useI18n()
  const { texts, errorOf } = useFormPart(props)
  const { project, datasets, draft, change, snapshot } = form
  const [isUploading, setUploading] = useState(false)
  const [told, tell] = useState('')
  const tables = datasets.filter(({ latest_snapshot: newest }) => newest?.kind !== 'files')
  const hasData = tables.some(({ latest_snapshot: newest }) => newest !== undefined)
  return (
    <section className="train-part" aria-labelledby="train-data-title">
      <h2 id="train-data-title">{texts.data.title}</h2>
      {!hasData && <p className="muted">{texts.data.none}</p>}
      <div className="train-fields">
        <NativeSelect
          id={fieldId('dataset')}
          label={texts.data.dataset}
          value={draft.dataset}
          error={errorOf('dataset')}
          data={[
            { value: '', label: texts.data.choose },
            ...tables.map(({ name, latest_snapshot: newest }) => ({
              value: name,
              label: newest === undefined ? texts.data.noSnapshot(name) : name,
              disabled: newest === undefined,
            })),
          ]}
          onChange={(event) => change({ dataset: event.currentTarget.value })}
        />
        {draft.dataset !== '' && <SnapshotField {...props} />}
      </div>
      <div className="row">
        <Button
          variant="default"
          leftSection={<Icon name="share" size={14} />}
          aria-expanded={isUploading}
          onClick={() => setUploading(!isUploading)}
        >
          {texts.data.upload}
        </Button>
        {snapshot !== undefined && (
          <>
            <span className="muted">
              {t.common.rows(snapshot.row_count)}, {t.common.columns(snapshot.columns.length)}
            </span>
            <AppLink to={paths.snapshot({ project, dataset: snapshot.dataset, snapshot: snapshot.id })}>
              {texts.data.openSnapshot}
            </AppLink>
          </>
        )}
      </div>
      {snapshot?.kind === 'files' && <p className="tone-warning">{texts.data.notTable}</p>}
      {snapshot?.kind === 'table' && snapshot.row_count === 0 && <p className="tone-warning">{texts.data.empty}</p>}
      <p role="status" className={told === '' ? 'visually-hidden' : 'tone-ok'}>
        {told}
      </p>
      {isUploading && (
        <UploadData
          project={project}
          datasets={datasets}
          onDone={(dataset) => {
            setUploading(false)
            tell(texts.upload.done(dataset))
            // Also where it was chosen before: its newest snapshot is another one now.
            change({ dataset, snapshot: '' })
          }}
        />
      )}
    </section>
  )
}

function SnapshotField({ form }: FormPartProps) {
  const { t, f } = useI18n()
  const { texts } = useFormPart({ form, wasSent: false, refusal: undefined })
  const { project, draft, change } = form
  const query = useQuery(queries.snapshots(project, draft.dataset))
  const items = query.data?.items ?? []
  const isListed = draft.snapshot === '' || items.some(({ id }) => id === draft.snapshot)
  return (
    <NativeSelect
      label={texts.data.snapshot}
      value={draft.snapshot}
      data={[
        { value: '', label: texts.data.newest },
        ...items.map(({ id, created_at, row_count, tags }) => ({
          value: id,
          label: [texts.data.snapshotOf(f.moment(created_at), t.common.rows(row_count)), ...tags].join(' · '),
        })),
        ...(isListed ? [] : [{ value: draft.snapshot, label: draft.snapshot }]),
      ]}
      onChange={(event) => change({ snapshot: event.currentTarget.value })}
    />
  )
}
