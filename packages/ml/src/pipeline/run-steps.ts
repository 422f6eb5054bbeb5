import { setImmediate as nextTurn } from 'node:timers/promises'
import { assertNotAborted } from '../estimators/assert-not-aborted.js'
import { MlError } from '../ml-error.js'
import { decompositionStep } from './decomposition-step.js'
import { denseColumns, denseFlow, flowRows, isColumns, isDense, isSparse } from './flow.js'
import type {
  EstimatorLookup,
  FittedTransformer,
  Flow,
  StepDefinition,
  Transformer,
  TransformerInput,
} from './pipeline.js'
import { transformerOf } from './transformers.js'

/**
 * The transformer of a kind: one of ours, or a decomposition of the catalogue.
 * @throws MlError `invalid_pipeline`
 */
export function stepTransformer(kind: string, estimators: EstimatorLookup): Transformer {
  const own = transformerOf(kind)
  if (own !== undefined) return own
  const estimator = estimators(kind)
  if (estimator?.task === 'decomposition') return decompositionStep(estimator)
  throw new MlError('invalid_pipeline', `There is no step ${JSON.stringify(kind)}: name a transformer`, { value: kind })
}

/** Steps fitted one after the other, and what the rows became that they were fitted on. */
export async function fitSteps(
  steps: readonly StepDefinition[],
  start: Omit<TransformerInput<Flow>, 'parameters'>,
  estimators: EstimatorLookup,
): Promise<{ readonly fitted: FittedTransformer[]; readonly output: Flow }> {
  const fitted: FittedTransformer[] = []
  let flow = start.input
  for (const step of steps) {
    await nextTurn()
    assertNotAborted(start.signal)
    const transformer = stepTransformer(step.kind, estimators)
    const input = { ...start, input: acceptedFlow(transformer, flow), parameters: step.params ?? {} }
    if (transformer.fitTransform !== undefined) {
      const done = await transformer.fitTransform(input)
      fitted.push(done.fitted)
      flow = done.output
      continue
    }
    const done = await transformer.fit(input)
    fitted.push(done)
    flow = transformer.transform(done, input.input)
  }
  return { fitted, output: flow }
}

/** What rows become through fitted steps. */
export function runSteps(steps: readonly FittedTransformer[], input: Flow, estimators: EstimatorLookup): Flow {
  let flow = input
  for (const step of steps) {
    const transformer = stepTransformer(step.kind, estimators)
    flow = transformer.transform(step, acceptedFlow(transformer, flow))
  }
  return flow
}

/**
 * The flow in a form that the transformer takes: sparse rows are spread out for one that takes dense numbers only.
 * @throws MlError `wrong_column_kind`, `invalid_pipeline` or `memory_limit`
 */
function acceptedFlow({ kind, takes }: Transformer, flow: Flow): Flow {
  if (isColumns(flow)) {
    const wrong = flow.find((column) => !takes.includes(column.kind))
    if (wrong === undefined) return flow
    const known = takes.filter((one) => one !== 'dense' && one !== 'sparse').join(', ')
    throw new MlError(
      'wrong_column_kind',
      `Column ${JSON.stringify(wrong.name)} holds ${wrong.kind}, but ${kind} takes ${known}: choose another step`,
      { value: wrong.kind },
    )
  }
  if (isDense(flow) ? takes.includes('dense') : takes.includes('sparse')) return flow
  if (isSparse(flow) && takes.includes('dense')) return denseFlow(denseColumns(flow, kind), flowRows(flow))
  throw new MlError('invalid_pipeline', `${kind} stands after a step that makes numbers: put it first`, { value: kind })
}
