import { columnNamed, type Table } from '../data/table.js'
import { MlError } from '../ml-error.js'
import { type DefaultPipeline, defaultPipeline } from '../pipeline/default-pipeline.js'
import { estimatorOf } from '../pipeline/fit-pipeline.js'
import type { EstimatorLookup, PipelineDefinition } from '../pipeline/pipeline.js'
import { summarizeColumns } from '../pipeline/summarize-columns.js'
import { assertFiniteColumns } from '../pipeline/table-entry.js'
import type { ExperimentDefinition } from './experiment-definition.js'

/** A pipeline to fit, and the columns that it leaves out. */
export interface PreparedPipeline {
  readonly pipeline: PipelineDefinition
  readonly dropped: DefaultPipeline['dropped']
}

/**
 * The pipeline of an experiment: its own steps, or those that suit the columns of the training rows.
 * @throws MlError `empty_set` without features, `duplicate_name` or `invalid_pipeline` for a target among the features
 */
export function preparePipeline(
  training: Table,
  definition: ExperimentDefinition,
  estimators: EstimatorLookup,
): PreparedPipeline {
  const { target, seed } = definition
  const names = namesOf(training, definition)
  if (names.length === 0) throw new MlError('empty_set', 'There are no features: give at least one', { value: 0 })
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new MlError('duplicate_name', `Feature ${JSON.stringify(twice)} is named twice: name it once`, {
      value: twice,
    })
  }
  if (names.includes(target)) {
    throw new MlError('invalid_pipeline', `The target ${JSON.stringify(target)} is also a feature: leave it out`, {
      value: target,
    })
  }
  const estimator = estimatorOf(definition.estimator.kind, estimators)
  const params = withSeed(definition.estimator.params ?? {}, 'seed' in estimator.parameters, seed)
  const step = { kind: definition.estimator.kind, params }
  const { columns, featureSteps = [] } = definition
  if (columns !== undefined) return { pipeline: { columns, features: featureSteps, estimator: step }, dropped: [] }
  const chosen = defaultPipeline(
    summarizeColumns({ rowCount: training.rowCount, columns: names.map((name) => columnNamed(training, name)) }),
    estimator,
    params,
  )
  return {
    pipeline: { ...chosen.definition, features: [...chosen.definition.features, ...featureSteps] },
    dropped: chosen.dropped,
  }
}

function namesOf({ columns }: Table, { target, weight, split, features }: FeatureChoice): readonly string[] {
  // The column that names a group tells the groups apart, not what they have in common.
  const reserved = new Set([target, weight, split.kind === 'group' ? split.column : undefined])
  return features ?? columns.map(({ name }) => name).filter((name) => !reserved.has(name))
}

type FeatureChoice = Pick<ExperimentDefinition, 'target' | 'weight' | 'split' | 'features' | 'columns'>

/**
 * Refuses infinite numbers among the features, before a split: here a row has the number that it has in the data, and rows to test are
 * looked at too. Throws MlError `missing_feature` or `non_finite_value`.
 */
export function assertFiniteFeatures(rows: Table, definition: FeatureChoice): void {
  const names = definition.columns?.flatMap((group) => group.columns) ?? namesOf(rows, definition)
  assertFiniteColumns(names.map((name) => columnNamed(rows, name)))
}

/** The seed of the experiment is that of the estimator, unless it was given its own. */
function withSeed(
  params: Readonly<Record<string, unknown>>,
  hasSeed: boolean,
  seed: number,
): Readonly<Record<string, unknown>> {
  if (!hasSeed || 'seed' in params || 'random_state' in params) return params
  return { ...params, random_state: seed }
}
