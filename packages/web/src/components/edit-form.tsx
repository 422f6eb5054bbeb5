import { Button, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, type KeyboardEvent, useState } from 'react'
import { useI18n } from '../i18n/use-i18n.jsx'
import { FailurePanel } from './problem-panel.jsx'
import './edit.css'

interface EditFormProps {
  readonly label: string
  readonly value: string
  readonly isLong?: boolean
  readonly mayBeEmpty?: boolean
  readonly maxLength?: number
  readonly onSave: (value: string) => Promise<unknown>
  readonly onClose: () => void
}

/** One text to change in place: Enter saves, Escape leaves it as it was. A failure stays beside the field. */
export function EditForm(props: EditFormProps) {
  const { label, value: before, isLong = false, mayBeEmpty = false, maxLength = 500, onSave, onClose } = props
  const { t } = useI18n()
  const [value, setValue] = useState(before)
  const [state, setState] = useState<{ readonly isSaving: boolean; readonly error?: unknown }>({ isSaving: false })
  const isEmpty = value.trim() === ''
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isEmpty && !mayBeEmpty) return
    if (value.trim() === before) return onClose()
    setState({ isSaving: true })
    try {
      await onSave(value.trim())
      onClose()
    } catch (error) {
      setState({ isSaving: false, error })
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onClose()
  }
  const field = {
    'aria-label': label,
    className: 'grow',
    value,
    maxLength,
    autoFocus: true,
    error: isEmpty && !mayBeEmpty ? t.edit.needed : undefined,
    onKeyDown,
  }
  return (
    <form className="edit-form" onSubmit={submit} noValidate>
      {isLong ? (
        <Textarea {...field} autosize={false} rows={4} onChange={(event) => setValue(event.currentTarget.value)} />
      ) : (
        <TextInput {...field} autoComplete="off" onChange={(event) => setValue(event.currentTarget.value)} />
      )}
      <div className="row">
        <Button type="submit" loading={state.isSaving}>
          {t.edit.save}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t.common.cancel}
        </Button>
      </div>
      {state.error !== undefined && <FailurePanel error={state.error} />}
    </form>
  )
}
