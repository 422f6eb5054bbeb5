import { Textarea, TextInput } from '@mantine/core'
import { useI18n } from '../i18n/use-i18n.jsx'

interface ReasonFieldProps {
  readonly value: string
  readonly onChange: (value: string) => void
  /** Two rows rather than one. */
  readonly isLong?: boolean
  readonly placeholder?: string
  readonly hasFocus?: boolean
}

/** Why something is done: the text stands in the history. */
export function ReasonField({ value, onChange, isLong = false, placeholder, hasFocus = false }: ReasonFieldProps) {
  const { t } = useI18n()
  const field = {
    label: t.edit.reason,
    description: t.edit.reasonHelp,
    placeholder,
    maxLength: 1000,
    value,
    'data-autofocus': hasFocus || undefined,
  }
  return isLong ? (
    <Textarea {...field} rows={2} onChange={(event) => onChange(event.currentTarget.value)} />
  ) : (
    <TextInput {...field} onChange={(event) => onChange(event.currentTarget.value)} />
  )
}
