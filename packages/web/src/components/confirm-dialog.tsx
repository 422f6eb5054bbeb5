import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useI18n } from '../i18n/use-i18n.jsx'
import { FailurePanel } from './problem-panel.jsx'

interface ConfirmDialogProps {
  readonly title: string
  /** Names the thing and says what follows. */
  readonly children: ReactNode
  readonly confirmLabel: string
  /** For what cannot be undone: the text that has to be typed before the button works. */
  readonly mustType?: string
  /** Asks why; the reason stands in the history. */
  readonly reason?: { readonly initial?: string }
  readonly isDangerous?: boolean
  readonly isPending: boolean
  readonly error: unknown
  readonly onConfirm: (reason: string) => void
  readonly onClose: () => void
}

/** Asks before something happens; what cannot be undone wants its name typed. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, confirmLabel, mustType, reason: asked, isDangerous = false } = props
  const { isPending, error, onConfirm, onClose } = props
  const { t } = useI18n()
  const [typed, setTyped] = useState('')
  const [reason, setReason] = useState(asked?.initial ?? '')
  const mayConfirm = mustType === undefined || typed.trim() === mustType
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (mayConfirm && !isPending) onConfirm(reason.trim())
  }
  return (
    <Modal opened onClose={onClose} title={title} size="lg" closeButtonProps={{ 'aria-label': t.common.close }}>
      <form className="stack" onSubmit={submit} noValidate>
        <div className="stack-tight prose">{children}</div>
        {asked !== undefined && (
          <Textarea
            label={t.models.reason}
            description={t.models.reasonHelp}
            maxLength={1000}
            rows={2}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus={mustType === undefined || undefined}
          />
        )}
        {mustType !== undefined && (
          <TextInput
            label={t.edit.typeToConfirm(mustType)}
            value={typed}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setTyped(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {error !== null && error !== undefined && <FailurePanel error={error} />}
        <div className="row">
          <Button type="submit" disabled={!mayConfirm} loading={isPending} className={isDangerous ? 'danger' : ''}>
            {confirmLabel}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t.common.cancel}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
