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
  const { name, type, unit, min, max, values } = feature
  const isNumber = type === 'number' || type === 'integer'
  const hasRange = min !== undefined && max !== undefined
  const seen = isNumber && hasRange ? t.tryOut.seen(f.exact(min), f.exact(max)) : undefined
  const description: ReactNode =
    isOutside && hasRange ? (
      <span className="tone-warning">{t.tryOut.outOfRange(f.exact(min), f.exact(max))}</span>
    ) : (
      seen
    )
  const shared = {
    id: fieldId(name),
    label: unit === undefined ? name : `${name} (${unit})`,
    description,
    error,
    value: text,
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => onChange(event.currentTarget.value),
  }
  if (type === 'boolean' || values !== undefined || type === 'category') {
    const choices =
      type === 'boolean'
        ? [
            { value: 'true', label: t.tryOut.yes },
            { value: 'false', label: t.tryOut.no },
          ]
        : (values ?? []).map((value) => ({ value, label: value }))
    return <NativeSelect {...shared} data={[{ value: '', label: t.tryOut.choose }, ...choices]} />
  }
  return <TextInput {...shared} inputMode={isNumber ? 'decimal' : 'text'} autoComplete="off" />
}
