import { TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useI18n } from '../i18n/use-i18n.jsx'
import { FormDialog } from './form-dialog.jsx'
import { ReasonField } from './reason-field.jsx'

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
  return (
    <FormDialog
      title={title}
      size="lg"
      submitLabel={confirmLabel}
      maySubmit={mayConfirm}
      isDangerous={isDangerous}
      isPending={isPending}
      error={error}
      onSubmit={() => onConfirm(reason.trim())}
      onClose={onClose}
    >
      <div className="stack-tight prose">{children}</div>
      {asked !== undefined && (
        <ReasonField isLong value={reason} onChange={setReason} hasFocus={mustType === undefined} />
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
    </FormDialog>
  )
}
