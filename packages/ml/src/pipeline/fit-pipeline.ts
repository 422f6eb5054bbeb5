import type { DesignMatrix } from '../data/design-matrix.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { columnNamed, type TableColumn } from '../data/table.js'
import type { Estimator, EstimatorTask, TargetOf } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import {
  denseColumns,
  denseFlow,
  flowNames,
  flowRows,
  flowWidth,
  isSparse,
  joinFlows,
  namedFeaturesMax,
} from './flow.js'
import type {
  ColumnSteps,
  EstimatorLookup,
  FittedPipeline,
  FittedTransformer,
  Flow,
  PipelineDefinition,
  PipelineFitInput,
} from './pipeline.js'
import { fitSteps, stepTransformer } from './run-steps.js'
import { assertFiniteColumns, entryColumns } from './table-entry.js'

/**
 * Fits a pipeline: each group of columns through its steps, then the steps over all features, then the estimator.
 * @throws MlError `invalid_pipeline`, `missing_feature`, `wrong_column_kind`, `length_mismatch`, `empty_set`, `non_finite_value`,
 *   `invalid_target`, `memory_limit`, `training_aborted`, and what the steps and the estimator throw
 */
export async function fitPipeline<Task extends EstimatorTask>(
  definition: PipelineDefinition,
  input: PipelineFitInput<Task>,
  estimators: EstimatorLookup,
): Promise<FittedPipeline<Task>> {
  const { table, target, sampleWeights, ...run } = input
  const estimator = estimatorOf<Task>(definition.estimator.kind, estimators)
  checkDefinition(definition, estimators)
  checkTarget(target, estimator.task, table.rowCount)
  const inputs = inputsOf(definition, input)
  const columns = entryColumns(table, inputs)
  assertFiniteColumns(columns.values())
  const learn = { ...withoutProgress(run), target }
  const groups: { names: readonly string[]; steps: readonly FittedTransformer[] }[] = []
  const flows: Flow[] = []
  for (const { columns: names, steps } of definition.columns) {
    const { fitted, output } = await fitSteps(steps, { ...learn, input: columnsOf(names, columns) }, estimators)
    groups.push({ names, steps: fitted })
    flows.push(output)
  }
  const keepsSparse = staysSparse(definition, estimator, estimators)
  const joined = joinFlows(flows, table.rowCount, keepsSparse)
  const { fitted, output } = await fitSteps(definition.features, { ...learn, input: joined }, estimators)
  const features = estimatorFeatures(output, estimator)
  const model = await estimator.fit({
    ...run,
    features,
    target,
    ...(sampleWeights === undefined ? {} : { sampleWeights }),
    parameters: definition.estimator.params ?? {},
  })
  return {
    kind: 'pipeline',
    task: estimator.task,
    definition,
    inputs,
    featureNames: flowWidth(features) > namedFeaturesMax ? null : flowNames(features),
    columns: groups,
    keepsSparse,
    features: fitted,
    model,
  }
}

/** The estimator of that kind. Throws MlError `invalid_pipeline`. */
export function estimatorOf<Task extends EstimatorTask>(kind: string, estimators: EstimatorLookup): Estimator<Task> {
  const estimator = estimators(kind)
  if (estimator === undefined) {
    throw new MlError('invalid_pipeline', `There is no estimator ${JSON.stringify(kind)}: name one of the catalogue`, {
      value: kind,
    })
  }
  // The caller's target says which task it means; what does not fit it is refused by the estimator.
  return estimator as Estimator<Task>
}

/** The columns of a group, in its order. */
export function columnsOf(names: readonly string[], columns: ReadonlyMap<string, TableColumn>): TableColumn[] {
  return names.flatMap((name) => columns.get(name) ?? [])
}

/** The features as the estimator takes them, each dense one under a name of its own. */
export function estimatorFeatures(
  flow: Flow,
  { kind, accepts }: Pick<Estimator, 'kind' | 'accepts'>,
): DesignMatrix | SparseMatrix {
  if (isSparse(flow) && accepts.sparse) return flow
  const columns = denseColumns(flow, kind)
  const names = uniqueNames(columns.map(({ name }) => name))
  return denseFlow(
    columns.map((column, index) => ({ ...column, name: names[index] ?? column.name })),
    flowRows(flow),
  )
}

function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let free = name
    for (let suffix = 2; taken.has(free); suffix++) free = `${name}_${suffix}`
    taken.add(free)
    return free
  })
}

/** Progress is the estimator's to tell. */
function withoutProgress<Run extends { onProgress?: unknown }>({
  onProgress: _,
  ...run
}: Run): Omit<Run, 'onProgress'> {
  return run
}

function staysSparse(
  { features }: PipelineDefinition,
  estimator: Pick<Estimator, 'accepts'>,
  estimators: EstimatorLookup,
): boolean {
  const [first] = features
  return first === undefined
    ? estimator.accepts.sparse
    : stepTransformer(first.kind, estimators).takes.includes('sparse')
}

function checkDefinition({ columns, features }: PipelineDefinition, estimators: EstimatorLookup): void {
  const empty = columns.findIndex((group: ColumnSteps) => group.columns.length === 0)
  if (columns.length === 0 || empty >= 0) {
    throw new MlError('invalid_pipeline', 'A pipeline needs groups of at least one column each: name the columns', {
      value: empty,
    })
  }
  for (const { steps } of columns) for (const { kind } of steps) stepTransformer(kind, estimators)
  for (const { kind } of features) stepTransformer(kind, estimators)
}

function inputsOf({ columns }: PipelineDefinition, { table }: Pick<PipelineFitInput<EstimatorTask>, 'table'>) {
  const names = new Set(columns.flatMap((group) => group.columns))
  return [...names].map((name) => ({ name, column: columnNamed(table, name).kind }))
}

function checkTarget(target: TargetOf[EstimatorTask], task: EstimatorTask, rowCount: number): void {
  if (rowCount === 0) throw new MlError('empty_set', 'There are no rows to train on: give at least two', { value: 0 })
  const wanted = task === 'classification' ? 'classes' : task === 'regression' ? 'values' : null
  if (wanted !== null && target?.kind !== wanted) {
    throw new MlError(
      'invalid_target',
      `The target is ${target?.kind ?? 'missing'}, but an estimator of ${task} learns ${wanted}: choose another estimator or target`,
      { value: target?.kind ?? null },
    )
  }
  if (target === null) return
  const length = target.kind === 'classes' ? target.labels.codes.length : target.values.length
  if (length === rowCount) return
  throw new MlError('length_mismatch', `There are ${length} target values for ${rowCount} rows: give one per row`, {
    value: length,
  })
}
