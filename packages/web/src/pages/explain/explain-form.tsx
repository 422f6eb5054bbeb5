import type { ExplanationRequestInput, ModelVersion } from '@fabrique/contract'
import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { ColumnChoice } from './column-choice.jsx'
import {
  type ExplainDraft,
  type ExplainNumber,
  emptyExplainDraft,
  explainBounds,
  explainCommand,
  explainCurl,
  readExplainForm,
} from './explain-request.js'
import { useExplainTexts } from './explain-texts.js'
import { RowsField, useOwnSnapshot } from './rows-field.jsx'

const below: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

interface ExplainFormProps {
  readonly version: ModelVersion
  /** Whether it has been explained before. */
  readonly isAgain: boolean
  readonly onStarted: (started: { readonly job: string; readonly explanation: string }) => void
}

/** Asks for an explanation: one button, and what can be chosen below it. */
export function ExplainForm({ version, isAgain, onStarted }: ExplainFormProps) {
  const texts = useExplainTexts()
  const words = texts.start
  const [draft, setDraft] = useState(emptyExplainDraft)
  const [wasSent, setWasSent] = useState(false)
  const change = (part: Partial<ExplainDraft>) => setDraft((before) => ({ ...before, ...part }))
  const needsSnapshot = version.snapshot_id === undefined
  const [isOpen, setOpen] = useState(needsSnapshot)
  const { request, wrong } = readExplainForm(draft, { model: `${version.model}/${version.version}`, needsSnapshot })
  const start = useChange(
    (body: ExplanationRequestInput) => call('startExplanation', { body }),
    ['jobs'],
    ({ job, explanation_id: explanation }) => {
      // What comes now stands below.
      setOpen(false)
      onStarted({ job: job.id, explanation })
    },
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setWasSent(true)
    const [first] = wrong
    if (first !== undefined) {
      setOpen(true)
      // The field stands only once the part that holds it is open.
      setTimeout(() => document.getElementById(`explain-${first}`)?.focus())
    } else if (request !== undefined && !start.isPending) start.mutate(request)
  }
  return (
    <form className="panel stack" onSubmit={submit} noValidate aria-labelledby="explain-start">
      <div className="stack-tight">
        <h2 id="explain-start">{words.title}</h2>
        <p className="muted explain-lead">{words.lead}</p>
      </div>
      <div>
        <Button type="submit" loading={start.isPending}>
          {isAgain ? words.again : words.button}
        </Button>
      </div>
      <details className="explain-more" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{words.options}</summary>
        <ExplainOptions version={version} draft={draft} change={change} wrong={wasSent ? wrong : []} />
        {request !== undefined && <ExplainCode request={request} />}
      </details>
      {start.error !== null && <FailurePanel error={start.error} />}
    </form>
  )
}

/** The same without this page. */
function ExplainCode({ request }: { readonly request: ExplanationRequestInput }) {
  const words = useExplainTexts().start
  const command = explainCommand(request, location.origin)
  return (
    <div className="stack">
      {command !== undefined && <Snippet title={words.command} code={command} />}
      <Snippet title="curl" code={explainCurl(request, location.origin)} />
    </div>
  )
}

interface ExplainOptionsProps {
  readonly version: ModelVersion
  readonly draft: ExplainDraft
  readonly change: (part: Partial<ExplainDraft>) => void
  readonly wrong: readonly string[]
}

function ExplainOptions({ version, draft, change, wrong }: ExplainOptionsProps) {
  const words = useExplainTexts().start
  const { signature } = version
  const own = useOwnSnapshot(version)
  const isReference = draft.snapshot.startsWith('snap_')
  const other = useQuery({ ...queries.snapshot(draft.snapshot), enabled: isReference }).data
  const target = signature?.target.name
  const features = signature?.features.map(({ name }) => name) ?? []
  const columns = (other ?? own)?.columns.map(({ name }) => name).filter((name) => name !== target) ?? features
  const classes = signature?.target.classes ?? []
  const isClassification = signature?.task === 'classification'
  return (
    <div className="stack explain-options">
      <div className="explain-fields">
        <RowsField
          version={version}
          label={words.from}
          testRows={words.testRows}
          value={draft.snapshot}
          error={wrong.includes('snapshot') ? words.needed : undefined}
          onChange={(snapshot) => change({ snapshot })}
        />
        <NumberField name="rows" help={words.rowsHelp} draft={draft} change={change} wrong={wrong} />
        <NumberField name="contributions" help={words.contributionsHelp} draft={draft} change={change} wrong={wrong} />
        {isClassification && classes.length > 1 && (
          <NativeSelect
            label={words.class}
            value={draft.class}
            data={[
              { value: '', label: classes.length === 2 ? words.byDefault(classes[1] ?? '') : words.allClasses },
              ...classes
                .filter((_, at) => classes.length > 2 || at !== 1)
                .map((name) => ({ value: name, label: name })),
            ]}
            onChange={(event) => change({ class: event.currentTarget.value })}
          />
        )}
        {draft.hasImportance && <NumberField name="repeats" draft={draft} change={change} wrong={wrong} />}
        <NumberField name="seed" help={words.seedHelp} draft={draft} change={change} wrong={wrong} />
      </div>
      <Checkbox
        label={words.importance}
        description={words.importanceHelp}
        checked={draft.hasImportance}
        onChange={(event) => change({ hasImportance: event.currentTarget.checked })}
      />
      {features.length === 0 ? (
        <p className="muted">{words.noColumns}</p>
      ) : (
        <ColumnChoice
          label={words.dependence}
          help={words.dependenceHelp}
          columns={features}
          chosen={draft.dependence}
          onChange={(dependence) => change({ dependence })}
        />
      )}
      {isClassification && columns.length > 0 && (
        <>
          <ColumnChoice
            label={words.fairness}
            help={words.fairnessHelp}
            columns={columns}
            chosen={draft.fairness}
            onChange={(fairness) => change({ fairness })}
          />
          {draft.fairness.length > 0 && classes.length > 1 && (
            <div className="explain-fields">
              <NativeSelect
                label={words.favoured}
                description={words.favouredHelp}
                inputWrapperOrder={below}
                value={draft.favoured}
                data={[
                  { value: '', label: words.byDefault(classes[1] ?? '') },
                  ...classes.filter((_, at) => at !== 1).map((name) => ({ value: name, label: name })),
                ]}
                onChange={(event) => change({ favoured: event.currentTarget.value })}
              />
            </div>
          )}
        </>
      )}
    </div>
  )
}

interface NumberFieldProps extends Omit<ExplainOptionsProps, 'version'> {
  readonly name: ExplainNumber
  readonly help?: string
}

function NumberField({ name, help, draft, change, wrong }: NumberFieldProps) {
  const { f } = useI18n()
  const words = useExplainTexts().start
  const { least, most } = explainBounds[name]
  return (
    <TextInput
      id={`explain-${name}`}
      label={words[name]}
      {...(help === undefined ? {} : { description: help })}
      inputWrapperOrder={below}
      inputMode="numeric"
      value={draft[name]}
      error={wrong.includes(name) ? words.between(f.integer(least), f.integer(most)) : undefined}
      onChange={(event) => change({ [name]: event.currentTarget.value })}
    />
  )
}
