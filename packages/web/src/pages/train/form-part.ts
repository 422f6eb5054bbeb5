import { useI18n } from '../../i18n/use-i18n.jsx'
import type { FieldProblem } from './parameter-text.js'
import { type TrainTexts, useTrainTexts } from './train-texts.js'
import type { FieldName } from './training-request.js'
import type { TrainForm } from './use-train-form.js'

/** What the server refused, at the field that it is about. */
export interface Refusal {
  readonly field: FieldName
  readonly message: string
}

export interface FormPartProps {
  readonly form: TrainForm
  /** Problems are shown once someone tried to start. */
  readonly wasSent: boolean
  readonly refusal: Refusal | undefined
}

export const fieldId = (field: FieldName): string => `train-${field}`

/** The texts of a part of the form, and what stands below each of its fields when it is wrong. */
export function useFormPart({ form, wasSent, refusal }: FormPartProps): {
  readonly texts: TrainTexts
  readonly errorOf: (field: FieldName) => string | undefined
} {
  const { f } = useI18n()
  const texts = useTrainTexts()
  const errorOf = (field: FieldName) => {
    const problem = form.problems[field]
    if (problem !== undefined && wasSent) return problemText(problem, texts, f.exact)
    return refusal?.field === field ? refusal.message : undefined
  }
  return { texts, errorOf }
}

function problemText(problem: FieldProblem, { problem: words }: TrainTexts, show: (value: number) => string): string {
  return 'bound' in problem ? words[problem.kind](show(problem.bound)) : words[problem.kind]
}
