import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { FormDialog } from '../../components/form-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface LoopReasonProps {
  readonly isPending: boolean
  readonly error: unknown
  readonly onStart: (reason: string) => void
  readonly onClose: () => void
}

/** Asks why the loop is run. */
export function LoopReason({ isPending, error, onStart, onClose }: LoopReasonProps) {
  const { t } = useI18n()
  const [reason, setReason] = useState('')
  return (
    <FormDialog
      title={t.home.runLoopWithReason}
      submitLabel={t.home.start}
      maySubmit
      isPending={isPending}
      error={error}
      onSubmit={() => onStart(reason.trim())}
      onClose={onClose}
    >
      <TextInput
        label={t.home.reason}
        placeholder={t.home.reasonPlaceholder}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  )
}
