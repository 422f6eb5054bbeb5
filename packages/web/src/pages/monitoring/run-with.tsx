import type { Monitor } from '@fabrique/contract'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { ReasonField } from '../../components/reason-field.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type DraftProblems, draftOf, readSides } from './monitor-draft.js'
import { CurrentFields, ReferenceFields } from './side-fields.jsx'

interface RunWithProps {
  readonly monitor: Monitor
  readonly onAsked: () => void
  readonly onClose: () => void
}

/** One run on other rows than those of the monitor. */
export function RunWith({ monitor, onAsked, onClose }: RunWithProps) {
  const { t } = useI18n()
  const words = t.monitoring
  const [draft, setDraft] = useState(() => draftOf(monitor, 'UTC'))
  const [problems, setProblems] = useState<DraftProblems>({})
  const [reason, setReason] = useState('')
  const run = useChange(
    (sides: ReturnType<typeof readSides>['sides']) =>
      call('runMonitor', { params: { monitor: monitor.name }, body: { ...sides, reason: reason.trim() } }),
    ['monitors', 'jobs'],
    () => {
      onAsked()
      onClose()
    },
  )
  const submit = () => {
    const read = readSides(draft)
    setProblems(read.problems)
    if (Object.keys(read.problems).length === 0) run.mutate(read.sides)
  }
  const fields = {
    draft,
    problems,
    onChange: (change: Partial<typeof draft>) => setDraft({ ...draft, ...change }),
  }
  return (
    <FormDialog
      title={words.runWithOf(monitor.name)}
      size="lg"
      submitLabel={words.run}
      maySubmit
      isPending={run.isPending}
      error={run.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <p className="muted">{words.runWithText}</p>
      <CurrentFields {...fields} isOfModel />
      <ReferenceFields {...fields} />
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
  )
}
