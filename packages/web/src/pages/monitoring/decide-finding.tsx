import type { Finding } from '@fabrique/contract'
import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

export type Decision = 'acknowledge' | 'resolve'

const routes = { acknowledge: 'acknowledgeFinding', resolve: 'resolveFinding' } as const

interface DecideFindingProps {
  readonly finding: Finding
  readonly how: Decision
  readonly onClose: () => void
}

/** Says that a finding is known, or over, with a note that others read. */
export function DecideFinding({ finding, how, onClose }: DecideFindingProps) {
  const { t } = useI18n()
  const words = t.monitoring.findings
  const [note, setNote] = useState('')
  const decide = useChange(
    () => call(routes[how], { params: { finding: finding.id }, body: { note: note.trim() } }),
    ['monitors'],
    onClose,
  )
  const texts = {
    acknowledge: { title: words.acknowledgeOf(finding.monitor), text: words.acknowledgeText },
    resolve: { title: words.resolveOf(finding.monitor), text: words.resolveText },
  }[how]
  return (
    <FormDialog
      title={texts.title}
      size="lg"
      submitLabel={words[how]}
      maySubmit
      isPending={decide.isPending}
      error={decide.error}
      onSubmit={() => decide.mutate(undefined)}
      onClose={onClose}
    >
      <div className="stack-tight prose">
        <p>{finding.sentence}</p>
        <p className="muted">{texts.text}</p>
        {how === 'resolve' && finding.blocks_promotion && <p>{words.unblocks}</p>}
      </div>
      <Textarea
        label={words.note}
        description={words.noteHelp}
        rows={3}
        maxLength={2000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  )
}
