import type { Run } from '@fabrique/contract'
import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EditableText } from '../../components/editable-text.jsx'
import { Facts } from '../../components/facts.jsx'
import { TagEditor } from '../../components/tag-editor.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { ChildRuns } from './child-runs.jsx'
import { RunPart } from './run-part.jsx'
import './run-overview.css'

const noteTag = 'mlflow.note.content'

/** What went in, what came out, and what was noted. */
export function RunOverview({ project, run }: { readonly project: string; readonly run: Run }) {
  const { t } = useI18n()
  const setTag = useChange(
    ({ key, value }: { readonly key: string; readonly value: string | null }) =>
      call('updateRun', { params: { run: run.id }, body: { tags: { [key]: value } } }),
    ['run', 'runs'],
  )
  const change = (key: string, value: string | null) => setTag.mutateAsync({ key, value })
  const isReadOnly = run.is_deleted === true
  const { [noteTag]: note = '', ...tags } = run.tags
  return (
    <div className="stack" style={{ gap: 32 }}>
      {isReadOnly ? (
        note !== '' && <p className="prose">{note}</p>
      ) : (
        <EditableText
          label={t.edit.description}
          value={note}
          empty={t.edit.noDescription}
          onSave={(text) => change(noteTag, text === '' ? null : text)}
        />
      )}
      <div className="run-overview">
        <div className="stack" style={{ gap: 32 }}>
          <Metrics project={project} run={run} />
          <Datasets project={project} datasets={run.datasets} />
          <RunPart title={t.run.tags}>
            <TagEditor tags={tags} isReadOnly={isReadOnly} onChange={change} />
          </RunPart>
        </div>
        <Params params={run.params} />
      </div>
      <ChildRuns project={project} run={run} />
    </div>
  )
}

/** More than this, and a field appears that finds one. */
const findsFrom = 12
const shownMax = 200

/** Names that hold what was typed; all where nothing was. */
function useFind(names: readonly string[], label: string) {
  const [wanted, setWanted] = useState('')
  const found = names.filter((name) => name.toLowerCase().includes(wanted.trim().toLowerCase()))
  const field = names.length > findsFrom && (
    <TextInput
      aria-label={label}
      placeholder={label}
      value={wanted}
      onChange={(event) => setWanted(event.currentTarget.value)}
      style={{ maxWidth: 320 }}
    />
  )
  return { field, found }
}

function Metrics({ project, run }: { readonly project: string; readonly run: Run }) {
  const { t, f } = useI18n()
  const { field, found } = useFind(Object.keys(run.metrics).sort(), t.run.findMetric)
  const address = paths.runMetrics({ project, run: run.id })
  const figure = (value: number | string | undefined) =>
    value === undefined ? '–' : <span title={f.exact(value)}>{f.metric(value)}</span>
  return (
    <RunPart title={t.run.metrics} empty={Object.keys(run.metrics).length === 0 ? t.run.noMetrics : undefined}>
      {field}
      <DataTable
        label={t.run.metrics}
        rows={found.slice(0, shownMax)}
        rowKey={(name) => name}
        columns={[
          {
            id: 'name',
            header: t.run.metric,
            render: (name) => (
              <AppLink to={address} search={{ metric: name }}>
                {name}
              </AppLink>
            ),
          },
          {
            id: 'last',
            header: t.run.last,
            isNumber: true,
            render: (name) => <strong>{figure(run.metrics[name]?.value)}</strong>,
          },
          { id: 'min', header: t.run.min, isNumber: true, render: (name) => figure(run.metrics[name]?.min) },
          { id: 'max', header: t.run.max, isNumber: true, render: (name) => figure(run.metrics[name]?.max) },
          {
            id: 'step',
            header: t.run.step,
            isNumber: true,
            render: (name) => f.integer(run.metrics[name]?.step ?? 0),
          },
        ]}
      />
      <ShownOf shown={Math.min(found.length, shownMax)} total={Object.keys(run.metrics).length} />
    </RunPart>
  )
}

function Params({ params }: { readonly params: Run['params'] }) {
  const { t } = useI18n()
  const names = Object.keys(params).sort()
  const { field, found } = useFind(names, t.run.findParam)
  return (
    <RunPart title={t.run.params} empty={names.length === 0 ? t.run.noParams : undefined}>
      {field}
      <Facts facts={found.slice(0, shownMax).map((name) => ({ name, value: <code>{params[name]}</code> }))} />
      <ShownOf shown={Math.min(found.length, shownMax)} total={names.length} />
    </RunPart>
  )
}

function ShownOf({ shown, total }: { readonly shown: number; readonly total: number }) {
  const { t, f } = useI18n()
  if (shown === total) return null
  return (
    <p className="small muted" role="status">
      {t.common.showingOf(f.integer(shown), f.integer(total))}
    </p>
  )
}

function Datasets({ project, datasets }: { readonly project: string; readonly datasets: Run['datasets'] }) {
  const { t } = useI18n()
  return (
    <RunPart title={t.run.datasets} empty={datasets.length === 0 ? t.run.noDatasets : undefined}>
      <DataTable
        label={t.run.datasets}
        rows={datasets}
        rowKey={({ name, digest, context }) => `${name}${digest}${context}`}
        columns={[
          {
            id: 'name',
            header: t.run.name,
            render: ({ name, snapshot_id }) =>
              snapshot_id === undefined ? (
                name
              ) : (
                <AppLink to={paths.snapshot({ project, dataset: name, snapshot: snapshot_id })}>{name}</AppLink>
              ),
          },
          { id: 'context', header: t.run.context, render: ({ context }) => context ?? '–' },
          { id: 'digest', header: t.run.digest, render: ({ digest }) => <code>{digest}</code> },
        ]}
      />
    </RunPart>
  )
}
