import type { Monitor, MonitorDefinitionInput } from '@fabrique/contract'
import { Checkbox, NativeSelect, SegmentedControl, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { LimitFields } from './limit-fields.jsx'
import { type DraftProblems, draftOf, firstDraft, type MonitorDraft, readDraft } from './monitor-draft.js'
import { SegmentFields } from './segment-fields.jsx'
import { CurrentFields, type FieldsProps, helpBelow, ReferenceFields, useProblemText } from './side-fields.jsx'
import { ActionFields, ScheduleFields } from './when-fields.jsx'

interface MakeMonitorProps {
  /** The one that is changed; a new one without. */
  readonly monitor?: Monitor
  readonly onClose: () => void
}

/** The form of a monitor: what it looks at, what with, how it judges, when it runs, and what follows. */
export function MakeMonitor(props: MakeMonitorProps) {
  const projects = useQuery(queries.projects()).data?.items
  return projects === undefined ? null : <Form {...props} projects={projects.map(({ name }) => name)} />
}

function Form({ monitor, onClose, projects }: MakeMonitorProps & { readonly projects: readonly string[] }) {
  const { t } = useI18n()
  const words = t.monitoring
  const navigate = useNavigate()
  const form = useRef<HTMLDivElement>(null)
  const [draft, setDraft] = useState<MonitorDraft>(() => {
    const { timeZone: timezone } = Intl.DateTimeFormat().resolvedOptions()
    return monitor === undefined ? firstDraft({ project: projects[0] ?? '', timezone }) : draftOf(monitor, timezone)
  })
  const [problems, setProblems] = useState<DraftProblems>({})
  const save = useChange(
    (definition: MonitorDefinitionInput) =>
      monitor === undefined
        ? call('createMonitor', { body: { ...definition, project: draft.project } })
        : call('putMonitor', { params: { monitor: monitor.name }, body: definition }),
    ['monitors'],
    ({ name }) => {
      onClose()
      if (monitor === undefined) void navigate({ to: paths.monitor({ monitor: name }) } as never)
    },
  )
  const submit = () => {
    const read = readDraft(draft, monitor?.definition)
    setProblems(read.problems)
    if (Object.keys(read.problems).length === 0) return save.mutate(read.definition)
    // The first field that is wrong takes the focus once its message stands beside it.
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
  }
  const fields: FieldsProps = { draft, problems, onChange: (change) => setDraft({ ...draft, ...change }) }
  return (
    <FormDialog
      title={monitor === undefined ? words.makeTitle : words.editTitle(monitor.name)}
      size="xl"
      submitLabel={monitor === undefined ? words.makeIt : words.save}
      maySubmit
      isPending={save.isPending}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <div className="stack" ref={form}>
        <NameFields {...fields} projects={projects} isNew={monitor === undefined} />
        <CurrentFields {...fields} />
        <ReferenceFields {...fields} />
        <JudgeFields {...fields} />
        <SegmentFields {...fields} />
        <LimitFields {...fields} />
        <ScheduleFields {...fields} />
        <ActionFields {...fields} />
      </div>
    </FormDialog>
  )
}

interface NameFieldsProps extends FieldsProps {
  readonly projects: readonly string[]
  readonly isNew: boolean
}

function NameFields({ draft, problems, onChange, projects, isNew }: NameFieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  return (
    <div className="monitor-grid">
      {isNew && (
        <>
          <TextInput
            label={words.name}
            description={words.nameHelp}
            inputWrapperOrder={helpBelow}
            value={draft.name}
            error={problem('name')}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
            data-autofocus
          />
          <NativeSelect
            label={words.project}
            value={draft.project}
            onChange={(event) => onChange({ project: event.currentTarget.value, dataset: '', snapshot: '', flow: '' })}
            data={[...projects]}
          />
        </>
      )}
      <TextInput
        className="monitor-grid-wide"
        label={words.description}
        value={draft.description}
        maxLength={1000}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
      />
    </div>
  )
}

function JudgeFields({ draft, problems, onChange }: FieldsProps) {
  const { t } = useI18n()
  const words = t.monitoring.form
  const problem = useProblemText(problems)
  return (
    <fieldset className="monitor-fields">
      <legend>{words.mode}</legend>
      <SegmentedControl
        aria-label={words.mode}
        value={draft.mode}
        onChange={(value) => onChange({ mode: value === 'evidently' ? 'evidently' : 'calibrated' })}
        data={(['calibrated', 'evidently'] as const).map((value) => ({ value, label: words.modes[value] }))}
      />
      <p className="small muted">{words.modeTexts[draft.mode]}</p>
      <div className="monitor-grid">
        <TextInput
          label={words.columns}
          description={words.columnsHelp}
          inputWrapperOrder={helpBelow}
          value={draft.columns}
          onChange={(event) => onChange({ columns: event.currentTarget.value })}
        />
        <TextInput
          label={words.rowsMin}
          inputMode="numeric"
          value={draft.rowsMin}
          error={problem('rowsMin')}
          onChange={(event) => onChange({ rowsMin: event.currentTarget.value })}
        />
        <Textarea
          className="monitor-grid-wide"
          label={words.embeddings}
          description={words.embeddingsHelp}
          inputWrapperOrder={helpBelow}
          value={draft.embeddings}
          error={problem('embeddings')}
          autosize
          minRows={1}
          spellCheck={false}
          onChange={(event) => onChange({ embeddings: event.currentTarget.value })}
        />
      </div>
      <Checkbox
        label={words.together}
        description={words.togetherHelp}
        checked={draft.together}
        onChange={(event) => onChange({ together: event.currentTarget.checked })}
      />
    </fieldset>
  )
}
