import type { FeatureSpec, ModelSignature, Snapshot } from '@fabrique/contract'
import type { ModelInput, TrainingResult } from './training-messages.js'

/** What a trained model takes and gives, with the units and types that its snapshot declares. */
export function describeSignature(result: TrainingResult, snapshot: Snapshot, target: string): ModelSignature {
  return {
    task: result.task,
    features: result.inputs.map((input) => featureOf(input, snapshot)),
    target: { name: target, classes: [...result.classes] },
    example: Object.fromEntries(result.inputs.map(({ name, example }) => [name, example])),
  }
}

function featureOf({ name, column, min, max, values }: ModelInput, snapshot: Snapshot): FeatureSpec {
  const declared = snapshot.columns.find((candidate) => candidate.name === name)
  return {
    name,
    type: typeOf(column, declared?.type),
    ...(declared?.unit === undefined ? {} : { unit: declared.unit }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(values === undefined ? {} : { values: [...values] }),
  }
}

function typeOf(column: ModelInput['column'], declared: string | undefined): FeatureSpec['type'] {
  if (column === 'time') return 'timestamp'
  if (column === 'text') return declared === 'category' ? 'category' : 'text'
  return declared === 'integer' || declared === 'boolean' ? declared : 'number'
}
