import { estimatorNamed, type FittedPipeline, MlError, predictPipeline, type TableColumn, table } from '@fabrique/ml'
import type { ModelInput } from './training-messages.js'

/** Columns that are tried one by one at most, where a pipeline does not take all of them at once. */
const triedAloneMax = 1000

/** No column holds it. */
const unseenText = '\u0000unseen'

/**
 * Which inputs of a model may be missing, and which take texts that training did not see. The pipeline itself is asked, with the example:
 * an imputer, a category of what is missing, or an estimator that learns from gaps give an answer; the others refuse.
 */
export function probeInputs(pipeline: FittedPipeline, inputs: readonly ModelInput[]): ModelInput[] {
  const named = (chosen: readonly ModelInput[]) => new Set(chosen.map(({ name }) => name))
  const accepted = (candidates: readonly ModelInput[], value: string | null): ReadonlySet<string> => {
    const isAnswered = (changed: ReadonlySet<string>) =>
      answers(
        pipeline,
        inputs.map((input) => columnOf(input, changed.has(input.name) ? value : input.example)),
      )
    const all = named(candidates)
    if (isAnswered(all)) return all
    return named(candidates.slice(0, triedAloneMax).filter((input) => isAnswered(named([input]))))
  }
  const nullable = accepted(inputs, null)
  const open = accepted(
    inputs.filter(({ column }) => column === 'text'),
    unseenText,
  )
  return inputs.map((input) => ({
    ...input,
    nullable: nullable.has(input.name),
    ...(input.column === 'text' ? { takesUnseen: open.has(input.name) } : {}),
  }))
}

function columnOf({ name, column }: ModelInput, value: ModelInput['example']): TableColumn {
  if (column !== 'text') return { kind: column, name, values: Float64Array.of(Number(value ?? Number.NaN)) }
  return { kind: 'text', name, codes: Int32Array.of(value === null ? -1 : 0), categories: [String(value ?? '')] }
}

/** Whether a row has an answer: nothing is refused, and every number of it is finite. */
function answers(pipeline: FittedPipeline, columns: readonly TableColumn[]): boolean {
  try {
    const predicted = predictPipeline(pipeline, table(columns), estimatorNamed)
    if (predicted.kind === 'values') return predicted.values.every(Number.isFinite)
    if (predicted.kind !== 'classes') return true
    return (predicted.probabilities ?? predicted.scores ?? []).every((values) => values.every(Number.isFinite))
  } catch (error) {
    if (error instanceof MlError) return false
    throw error
  }
}
