import type { Estimator } from '../estimators/estimator.js'
import { MlError } from '../ml-error.js'
import type { ColumnSteps, PipelineDefinition, StepDefinition } from './pipeline.js'
import type { ColumnSummary } from './summarize-columns.js'

/** Texts with up to so many distinct values are categories... */
const categoriesMax = 50
/** ...and so are those with up to this share of the rows, */
const categoriesShareMax = 0.05
/** up to a number that boosting can still take as categories. */
const sharedCategoriesMax = 255
/** Texts of so many words on average are read word by word. */
const freeTextWordsMin = 3
/** Sets from this size on can tell an identifier from a chance. */
const identifierRowsMin = 20
/** Rows from which a term must come twice to be learnt from. */
const rareTermRowsMin = 200
const termsMax = 50_000
const textComponents = 50

/** Why a column is left out: it never varies, has no value, or names the row. */
export type DropReason = 'constant' | 'all_missing' | 'identifier'

export interface DefaultPipeline {
  readonly definition: PipelineDefinition
  readonly dropped: readonly { readonly name: string; readonly reason: DropReason }[]
}

type Wanted = Pick<Estimator, 'kind' | 'task' | 'accepts'>

/**
 * Sensible preprocessing for an estimator: numbers are imputed (median) and scaled where it needs that; texts become categories, target
 * encodings or TF-IDF by how many values and words they have; times become parts; what cannot help is dropped, and said.
 * @throws MlError `empty_set` when no column is left
 */
export function defaultPipeline(
  columns: readonly ColumnSummary[],
  estimator: Wanted,
  params: Readonly<Record<string, unknown>> = {},
): DefaultPipeline {
  const dropped: { name: string; reason: DropReason }[] = []
  const groups = new Map<string, { columns: string[]; steps: readonly StepDefinition[] }>()
  for (const column of columns) {
    const reason = dropReason(column)
    if (reason !== null) {
      dropped.push({ name: column.name, reason })
      continue
    }
    const steps = stepsFor(column, estimator)
    // A vectorizer has a vocabulary for each column, so texts may share a group as well; two groups of the same steps are one.
    const key = JSON.stringify([column.kind, steps])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { columns: [column.name], steps })
    else group.columns.push(column.name)
  }
  if (groups.size === 0) {
    throw new MlError('empty_set', 'No column is left to learn from: each is constant, empty or an identifier', {
      value: dropped,
    })
  }
  const ordered: ColumnSteps[] = [...groups.values()]
  return { definition: { columns: ordered, features: [], estimator: { kind: estimator.kind, params } }, dropped }
}

function dropReason(column: ColumnSummary): DropReason | null {
  const { kind, rowCount, missingCount, distinctCount } = column
  if (distinctCount === 0) return 'all_missing'
  // Of a text, "missing" is a category too.
  if (distinctCount === 1 && (missingCount === 0 || kind !== 'text')) return 'constant'
  const isUnique = distinctCount === rowCount && rowCount >= identifierRowsMin
  if (kind === 'number' && isUnique && column.isConsecutive) return 'identifier'
  if (kind === 'text' && isUnique && column.wordsPerText < freeTextWordsMin) return 'identifier'
  return null
}

function stepsFor(column: ColumnSummary, estimator: Wanted): StepDefinition[] {
  if (column.kind === 'number') return numberSteps(estimator)
  if (column.kind === 'text') return textSteps(column, estimator)
  return [{ kind: 'date_parts', params: { hour: column.hasTimeOfDay } }, ...numberSteps(estimator)]
}

function numberSteps({ accepts }: Wanted): StepDefinition[] {
  // Also where training has every value: a prediction may lack one.
  const impute: StepDefinition[] = accepts.missing ? [] : [{ kind: 'simple_imputer', params: { strategy: 'median' } }]
  return [...impute, ...scaling({ accepts })]
}

function scaling({ accepts }: Pick<Wanted, 'accepts'>): StepDefinition[] {
  if (accepts.nonNegative) return [{ kind: 'min_max_scaler', params: { clip: true } }]
  return accepts.wantsScaling ? [{ kind: 'standard_scaler' }] : []
}

function textSteps(column: ColumnSummary, estimator: Wanted): StepDefinition[] {
  const { distinctCount, rowCount, wordsPerText } = column
  const shared = Math.min(categoriesShareMax * rowCount, sharedCategoriesMax)
  if (distinctCount <= Math.max(categoriesMax, shared)) return categorySteps(estimator)
  if (wordsPerText >= freeTextWordsMin) return freeTextSteps(column, estimator)
  if (estimator.task === 'classification' || estimator.task === 'regression') {
    return [{ kind: 'target_encoder' }, ...scaling(estimator)]
  }
  return [{ kind: 'one_hot_encoder', params: { maxCategories: categoriesMax } }]
}

function categorySteps({ accepts }: Wanted): StepDefinition[] {
  return accepts.categories && accepts.missing
    ? [{ kind: 'ordinal_encoder', params: { asCategories: true } }]
    : [{ kind: 'one_hot_encoder' }]
}

function freeTextSteps({ rowCount, distinctCount }: ColumnSummary, { accepts }: Wanted): StepDefinition[] {
  const params = {
    ngramRange: [1, 2],
    sublinearTf: true,
    minDf: rowCount >= rareTermRowsMin ? 2 : 1,
    maxFeatures: termsMax,
  }
  const terms: StepDefinition = { kind: 'tfidf_vectorizer', params }
  if (accepts.sparse) return [terms]
  const nComponents = Math.min(textComponents, distinctCount - 1)
  return [terms, { kind: 'truncated_svd', params: { nComponents } }, ...scaling({ accepts })]
}
