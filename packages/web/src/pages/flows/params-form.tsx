import { NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { ParamField, ParamProblem } from './param-fields.js'

interface ParamFieldsProps {
  readonly fields: readonly ParamField[]
  readonly texts: Readonly<Record<string, string>>
  /** Why a field is not taken: what is wrong with its text, or what the server said. */
  readonly problems: Readonly<Record<string, ParamProblem | string>>
  readonly onChange: (texts: Readonly<Record<string, string>>) => void
}

export const paramId = (name: string) => `param-${name}`

/** Fields of parameters, made from their JSON Schema, each with what is wrong beside it. */
export function ParamFields({ fields, texts, problems, onChange }: ParamFieldsProps) {
  return fields.map((field) => (
    <Field
      key={field.name}
      field={field}
      text={texts[field.name] ?? ''}
      problem={problems[field.name]}
      onChange={(text) => onChange({ ...texts, [field.name]: text })}
    />
  ))
}

interface FieldProps {
  readonly field: ParamField
  readonly text: string
  readonly problem: ParamProblem | string | undefined
  readonly onChange: (text: string) => void
}

function Field({ field, text, problem, onChange }: FieldProps) {
  const { t, f } = useI18n()
  const { name, kind, isRequired, description, choices, min, max } = field
  const words = t.flows.params
  const range =
    min === undefined && max === undefined ? undefined : words.range(bound(min, f.exact), bound(max, f.exact))
  const shared = {
    id: paramId(name),
    label: name,
    required: isRequired,
    description: [description, range].filter((part) => part !== undefined).join(' · ') || undefined,
    error:
      problem === undefined ? undefined : typeof problem === 'string' ? problem : problemText(problem, words, f.exact),
    value: text,
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => onChange(event.currentTarget.value),
  }
  if (kind === 'choice' || kind === 'boolean') {
    const data =
      kind === 'boolean'
        ? [
            { value: 'true', label: t.common.yes },
            { value: 'false', label: t.common.no },
          ]
        : choices.map((choice) => ({
            value: JSON.stringify(choice),
            label: typeof choice === 'string' ? choice : JSON.stringify(choice),
          }))
    return <NativeSelect {...shared} data={[{ value: '', label: isRequired ? words.choose : words.none }, ...data]} />
  }
  if (kind === 'json')
    return (
      <Textarea
        {...shared}
        label={words.asJson(name)}
        rows={3}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--font-mono)', fontSize: 13 } }}
      />
    )
  if (kind === 'date') return <TextInput {...shared} type="date" />
  if (kind === 'moment') return <TextInput {...shared} type="datetime-local" step={1} />
  const isNumber = kind === 'number' || kind === 'integer'
  return <TextInput {...shared} inputMode={isNumber ? 'decimal' : 'text'} autoComplete="off" />
}

const bound = (value: number | undefined, write: (value: number) => string) =>
  value === undefined ? undefined : write(value)

function problemText(
  problem: ParamProblem,
  words: ReturnType<typeof useI18n>['t']['flows']['params'],
  write: (value: number) => string,
): string {
  if ('bound' in problem) return words.problems[problem.kind](write(problem.bound))
  return words.problems[problem.kind]
}
