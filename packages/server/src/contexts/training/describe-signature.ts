import type { FeatureSpec, ModelSignature, Snapshot, TrainingRequest } from '@fabrique/contract'
import type { ModelInput, TrainingResult } from './training-messages.js'

type ColumnsOf = Pick<Snapshot, 'columns'>

/**
 * What a trained model takes and gives, with the units and types that its snapshot declares. Its features stand in the order in which they were
 * asked for, since rows may come as lists.
 */
export function describeSignature(
  result: Pick<TrainingResult, 'task' | 'classes' | 'inputs'>,
  snapshot: ColumnsOf,
  { target, features = [] }: Pick<TrainingRequest, 'target' | 'features'>,
): ModelSignature {
  const inputs = [...result.inputs].sort((a, b) => features.indexOf(a.name) - features.indexOf(b.name))
  const unit = result.task === 'regression' ? snapshot.columns.find(({ name }) => name === target)?.unit : undefined
  return {
    task: result.task,
    features: inputs.map((input) => featureOf(input, snapshot)),
    target: { name: target, classes: [...result.classes], ...(unit === undefined ? {} : { unit }) },
    example: Object.fromEntries(inputs.map((input) => [input.name, exampleOf(input, featureOf(input, snapshot).type)])),
  }
}

/** Moments and truth values as people write them, for what asks the server; a file takes numbers. */
function exampleOf({ example }: ModelInput, type: FeatureSpec['type']): ModelSignature['example'][string] {
  if (typeof example !== 'number') return example
  if (type === 'boolean') return example !== 0
  const moment = type === 'timestamp' ? new Date(example) : undefined
  return moment === undefined || Number.isNaN(moment.getTime()) ? example : moment.toISOString()
}

function featureOf(input: ModelInput, snapshot: ColumnsOf): FeatureSpec {
  const { name, column, min, max, values, nullable, takesUnseen } = input
  const declared = snapshot.columns.find((candidate) => candidate.name === name)
  const type = typeOf(column, declared?.type)
  const hasRange = type !== 'boolean'
  return {
    name,
    type,
    ...(declared?.unit === undefined ? {} : { unit: declared.unit }),
    ...(min === undefined || !hasRange ? {} : { min }),
    ...(max === undefined || !hasRange ? {} : { max }),
    ...(values === undefined ? {} : { values: [...values] }),
    ...(nullable === true ? { nullable } : {}),
    ...(takesUnseen === true ? { takes_unseen: takesUnseen } : {}),
  }
}

function typeOf(column: ModelInput['column'], declared: string | undefined): FeatureSpec['type'] {
  if (column === 'time') return 'timestamp'
  if (column === 'text') return declared === 'category' ? 'category' : 'text'
  return declared === 'integer' || declared === 'boolean' ? declared : 'number'
}
