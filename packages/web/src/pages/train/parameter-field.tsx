import type { EstimatorParameter } from '@fabrique/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import { useId } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { fieldId } from './form-part.js'
import { nullWord, parameterText } from './parameter-text.js'
import type { TrainTexts } from './train-texts.js'

interface ParameterFieldProps {
  readonly spec: EstimatorParameter
  readonly text: string
  readonly error: string | undefined
  readonly texts: TrainTexts
  readonly onChange: (text: string) => void
}

const order: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

/** The field of one parameter, made from what the estimator says of it. Empty is its default. */
export function ParameterField({ spec, text, error, texts, onChange }: ParameterFieldProps) {
  const { f } = useI18n()
  const listId = useId()
  const { name, type, choices, nullable, description } = spec
  const { model } = texts
  const show = (value: EstimatorParameter['default']) => {
    if (value === null) return model.none
    if (typeof value === 'boolean') return value ? model.yes : model.no
    return typeof value === 'number' ? f.exact(value) : parameterText(value)
  }
  const shared = { id: fieldId(`param.${name}`), label: <code>{name}</code>, error, inputWrapperOrder: order }
  if (type === 'boolean' || type === 'choice') {
    const values = [...(type === 'boolean' ? ['true', 'false'] : []), ...choices, ...(nullable ? [nullWord] : [])]
    const labelOf = (value: string) =>
      value === 'true' ? model.yes : value === 'false' ? model.no : value === nullWord ? model.none : value
    return (
      <NativeSelect
        {...shared}
        description={description}
        value={text}
        data={[
          { value: '', label: model.byDefault(show(spec.default)) },
          ...values.map((value) => ({ value, label: labelOf(value) })),
        ]}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    )
  }
  const words = [...choices, ...(nullable ? [model.none] : [])]
  const hints = [rangeOf(spec, model, f.exact), ...(words.length === 0 ? [] : [model.words(words.join(', '))])]
  const hint = hints.filter((part) => part !== '').join(', ')
  return (
    <>
      <TextInput
        {...shared}
        description={hint === '' ? description : `${description} (${hint})`}
        value={text}
        placeholder={model.byDefault(show(spec.default))}
        autoComplete="off"
        spellCheck={false}
        {...(words.length === 0 ? { inputMode: 'decimal' as const } : { list: listId })}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {words.length > 0 && (
        <datalist id={listId}>
          {words.map((word) => (
            <option key={word} value={word} />
          ))}
        </datalist>
      )}
    </>
  )
}

/** Bounds beyond this are those of the numbers themselves, and tell nobody anything. */
const boundMax = 1e9

function rangeOf(spec: EstimatorParameter, model: TrainTexts['model'], show: (value: number) => string): string {
  const { type, min, is_min_open } = spec
  if (type === 'integers') return model.integersHelp
  if (type === 'weights') return model.weightsHelp
  const max = spec.max === undefined || spec.max > boundMax ? undefined : show(spec.max)
  if (min === undefined) return max === undefined ? '' : model.to(max)
  const isOpen = is_min_open === true
  if (max === undefined) return isOpen ? model.above(show(min)) : model.from(show(min))
  return isOpen ? model.aboveTo(show(min), max) : model.between(show(min), max)
}
