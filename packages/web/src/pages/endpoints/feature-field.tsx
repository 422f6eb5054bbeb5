import type { FeatureSpec } from '@fabrique/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'

interface FeatureFieldProps {
  readonly feature: FeatureSpec
  readonly text: string
  readonly error: string | undefined
  readonly isOutside: boolean
  readonly onChange: (text: string) => void
}

export const fieldId = (name: string) => `feature-${name}`

/** The field of one feature: a number with its unit and range, a choice, or text. */
export function FeatureField({ feature, text, error, isOutside, onChange }: FeatureFieldProps) {
  const { t, f } = useI18n()
  const { name, type, unit, min, max, values, nullable } = feature
  const isNumber = type === 'number' || type === 'integer'
  const isMoment = type === 'timestamp'
  const shown = (value: number) => (isMoment ? f.dayUtc(value) : f.exact(value))
  const range =
    (isNumber || isMoment) && min !== undefined && max !== undefined ? ([shown(min), shown(max)] as const) : undefined
  const warning = range === undefined ? t.tryOut.unseen : t.tryOut.outOfRange(...range)
  const description: ReactNode = isOutside ? (
    <span className="tone-warning">{warning}</span>
  ) : (
    range && t.tryOut.seen(...range)
  )
  const none = nullable === true ? t.tryOut.missing : t.tryOut.choose
  const shared = {
    id: fieldId(name),
    label: isMoment ? `${name} (UTC)` : unit === undefined ? name : `${name} (${unit})`,
    description,
    error,
    value: text,
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => onChange(event.currentTarget.value),
  }
  if (type === 'boolean' || values !== undefined) {
    const choices =
      type === 'boolean'
        ? [
            { value: 'true', label: t.tryOut.yes },
            { value: 'false', label: t.tryOut.no },
          ]
        : textChoices(values, text)
    return <NativeSelect {...shared} data={[{ value: '', label: none }, ...choices]} />
  }
  if (isMoment) return <TextInput {...shared} type="datetime-local" step={1} />
  const placeholder = nullable === true ? { placeholder: none } : {}
  return <TextInput {...shared} {...placeholder} inputMode={isNumber ? 'decimal' : 'text'} autoComplete="off" />
}

/** The texts of training, and the one that the address gave. */
function textChoices(values: readonly string[] = [], text: string) {
  const all = text === '' || values.includes(text) ? values : [...values, text]
  return all.map((value) => ({ value, label: value }))
}
