import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type DraftProblems, type MonitorDraft, referencesFor } from './monitor-draft.js'

export interface FieldsProps {
  readonly draft: MonitorDraft
  readonly problems: DraftProblems
  readonly onChange: (change: Partial<MonitorDraft>) => void
}

/** Help stands below its field, so that fields beside each other stand on one line. */
export const helpBelow = ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[]

/** Fields that are lists. */
const chosen: ReadonlySet<keyof MonitorDraft> = new Set(['dataset', 'model', 'snapshot'])

/** What is told beside a field that cannot be read. */
export function useProblemText(problems: DraftProblems): (field: keyof MonitorDraft) => string | undefined {
  const { t } = useI18n()
  return (field) => {
    const problem = problems[field]
    if (problem === undefined) return undefined
    if (problem === 'number') return t.monitoring.form.number
    if (problem === 'lines') return t.monitoring.form.embeddingLines
    return chosen.has(field) ? t.monitoring.form.choose : t.edit.needed
  }
}

interface CurrentFieldsProps extends FieldsProps {
  /** The model is chosen already, as for one run. */
  readonly isOfModel?: boolean
}

/** What is looked at: the snapshots of a data set, or the newest predictions of a model. */
export function CurrentFields({ draft, problems, onChange, isOfModel = false }: CurrentFieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  return (
    <fieldset className="monitor-fields">
      <legend>{words.what}</legend>
      <NativeSelect
        aria-label={words.what}
        value={draft.what}
        onChange={(event) =>
          onChange({ what: event.currentTarget.value === 'predictions' ? 'predictions' : 'snapshot' })
        }
        data={(['snapshot', 'predictions'] as const).map((value) => ({ value, label: words.whats[value] }))}
      />
      <div className="monitor-grid">
        {draft.what === 'snapshot' ? (
          <>
            <DatasetField draft={draft} problems={problems} onChange={onChange} />
            <TextInput
              label={words.ref}
              description={words.refHelp}
              inputWrapperOrder={helpBelow}
              value={draft.ref}
              onChange={(event) => onChange({ ref: event.currentTarget.value })}
            />
            {!isOfModel && <ModelField draft={draft} problems={problems} onChange={onChange} />}
          </>
        ) : (
          <>
            {!isOfModel && <ModelField draft={draft} problems={problems} onChange={onChange} />}
            <TextInput
              label={words.days}
              inputMode="decimal"
              value={draft.days}
              error={problem('days')}
              onChange={(event) => onChange({ days: event.currentTarget.value })}
            />
            <TextInput
              label={words.version}
              description={words.versionHelp}
              inputWrapperOrder={helpBelow}
              value={draft.version}
              onChange={(event) => onChange({ version: event.currentTarget.value })}
            />
          </>
        )}
      </div>
    </fieldset>
  )
}

/** What it is compared with. */
export function ReferenceFields({ draft, problems, onChange }: FieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  const references = referencesFor(draft)
  const against = references.includes(draft.against) ? draft.against : 'snapshot'
  return (
    <fieldset className="monitor-fields">
      <legend>{words.with}</legend>
      <NativeSelect
        aria-label={words.with}
        value={against}
        onChange={({ currentTarget: { value } }) =>
          onChange({ against: references.find((kind) => kind === value) ?? 'snapshot' })
        }
        data={references.map((value) => ({ value, label: words.withs[value] }))}
      />
      <div className="monitor-grid">
        {against === 'training' && (
          <TextInput
            label={words.alias}
            description={words.aliasHelp}
            inputWrapperOrder={helpBelow}
            value={draft.alias}
            onChange={(event) => onChange({ alias: event.currentTarget.value })}
          />
        )}
        {against === 'snapshot' && (
          <>
            {draft.what === 'predictions' && <DatasetField draft={draft} problems={problems} onChange={onChange} />}
            <SnapshotField draft={draft} problems={problems} onChange={onChange} />
          </>
        )}
        {against === 'window' && (
          <>
            <TextInput
              label={words.ofPeriod}
              inputMode="decimal"
              value={draft.period}
              error={problem('period')}
              onChange={(event) => onChange({ period: event.currentTarget.value })}
            />
            <TextInput
              label={words.offset}
              description={words.offsetHelp}
              inputWrapperOrder={helpBelow}
              inputMode="decimal"
              value={draft.offset}
              error={problem('offset')}
              onChange={(event) => onChange({ offset: event.currentTarget.value })}
            />
          </>
        )}
      </div>
    </fieldset>
  )
}

function DatasetField({ draft, problems, onChange }: FieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  const { data } = useQuery({ ...queries.datasets(draft.project), enabled: draft.project !== '' })
  return (
    <NativeSelect
      label={words.dataset}
      value={draft.dataset}
      error={problem('dataset')}
      onChange={(event) => onChange({ dataset: event.currentTarget.value, snapshot: '' })}
      data={[
        { value: '', label: words.chooseSnapshot },
        ...(data?.items ?? []).map(({ name }) => ({ value: name, label: name })),
      ]}
    />
  )
}

function ModelField({ draft, problems, onChange }: FieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  const models = useQuery(queries.models()).data?.items ?? []
  return (
    <NativeSelect
      label={words.model}
      description={words.modelHelp}
      inputWrapperOrder={helpBelow}
      value={draft.model}
      error={problem('model')}
      onChange={(event) => onChange({ model: event.currentTarget.value })}
      data={[{ value: '', label: words.noModel }, ...models.map(({ name }) => ({ value: name, label: name }))]}
    />
  )
}

/** The tags of the data set, which may move, then its snapshots, which do not. */
function SnapshotField({ draft, problems, onChange }: FieldsProps) {
  const { t, f } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  const { project, dataset, snapshot } = draft
  const { data } = useQuery({ ...queries.snapshots(project, dataset), enabled: project !== '' && dataset !== '' })
  const items = data?.items ?? []
  const named = items.flatMap(({ tags }) =>
    tags.map((tag) => ({ value: `${project}/${dataset}@${tag}`, label: `${dataset}@${tag}` })),
  )
  const single = items.map(({ id, created_at: at, row_count: rows }) => ({
    value: id,
    label: `${f.moment(at)}, ${t.common.rows(rows)} (${id.slice(-6)})`,
  }))
  const known = [...named, ...single]
  return (
    <NativeSelect
      label={words.snapshot}
      value={snapshot}
      error={problem('snapshot')}
      onChange={(event) => onChange({ snapshot: event.currentTarget.value })}
      data={[
        { value: '', label: words.chooseSnapshot },
        ...(snapshot === '' || known.some(({ value }) => value === snapshot)
          ? []
          : [{ value: snapshot, label: snapshot }]),
        ...known,
      ]}
    />
  )
}
