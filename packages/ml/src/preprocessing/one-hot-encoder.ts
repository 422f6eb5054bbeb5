import { int32At, itemAt } from '../data/element.js'
import type { SparseMatrix } from '../data/sparse-matrix.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { assertDenseSize, flowRows, namedFeaturesMax, namedFlow } from '../pipeline/flow.js'
import { asColumn, sideBySide } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Flow, Transformer } from '../pipeline/pipeline.js'
import {
  addIndicators,
  addLookup,
  type Categories,
  categoryCodes,
  categoryCount,
  categoryInputs,
  categoryText,
  categoryValues,
  learnCategories,
} from './category-columns.js'
import { mapPaced } from './map-paced.js'

/** From so many columns on, the output is sparse. */
const sparseFrom = 64

export interface OneHotParameters {
  readonly handleUnknown: 'ignore' | 'infrequent_if_exist'
  readonly drop: 'first' | 'if_binary' | null
  readonly minFrequency: number | null
  readonly maxCategories: number | null
}

export interface FittedOneHot extends FittedTransformer {
  readonly columns: readonly FittedOneHotColumn[]
  readonly width: number
}

interface FittedOneHotColumn {
  readonly categories: Categories
  /** Column of the output by category code, then the one of unseen categories; -1 for none. */
  readonly positions: Int32Array
  readonly names: readonly string[]
}

/**
 * A column of 0 and 1 for each category. Categories that training did not see give zeros (scikit-learn's `ignore`); a missing value is
 * a category when training had one.
 */
export const oneHotEncoder: Transformer<FittedOneHot, OneHotParameters> = {
  kind: 'one_hot_encoder',
  sklearnName: 'OneHotEncoder',
  takes: ['text', 'number', 'dense'],
  parameters: {
    handleUnknown: parameter('choice', {
      name: 'handleUnknown',
      sklearnName: 'handle_unknown',
      default: 'ignore',
      choices: ['ignore', 'infrequent_if_exist'],
      description: {
        en: 'What a category becomes that training did not see: zeros, or the column of rare ones',
        fr: 'Ce que devient une catégorie absente de l’entraînement : des zéros, ou la colonne des rares',
      },
    }),
    drop: parameter('choice', {
      name: 'drop',
      sklearnName: 'drop',
      default: null,
      nullable: true,
      choices: ['first', 'if_binary'],
      description: {
        en: 'Whether the first category has no column, of all features or of those with two',
        fr: 'Si la première catégorie n’a pas de colonne, pour toutes les variables ou celles à deux catégories',
      },
    }),
    minFrequency: parameter('count_or_share', {
      name: 'minFrequency',
      sklearnName: 'min_frequency',
      default: null,
      nullable: true,
      min: 1,
      description: {
        en: 'Categories with fewer rows, or a lower share, are put together as rare',
        fr: 'Les catégories de moins de lignes, ou d’une part moindre, sont réunies comme rares',
      },
    }),
    maxCategories: parameter('integer', {
      name: 'maxCategories',
      sklearnName: 'max_categories',
      default: null,
      nullable: true,
      min: 1,
      description: {
        en: 'Most columns of a feature, the one of rare categories included',
        fr: 'Nombre maximal de colonnes par variable, celle des catégories rares comprise',
      },
    }),
  },
  async fit({ input, signal, parameters = {} }) {
    const resolved = resolveParameters<OneHotParameters>(oneHotEncoder.parameters, parameters)
    const columns = await mapPaced(categoryInputs(input, 'one_hot_encoder'), { input, signal }, (column) => {
      const categories = learnCategories(column)
      const counts = new Int32Array(categoryCount(categories))
      for (const code of categoryCodes(column, categories)) counts[code] = int32At(counts, code) + 1
      return fittedColumn(categories, counts, resolved)
    })
    return { kind: 'one_hot_encoder', columns, width: columns.reduce((total, { names }) => total + names.length, 0) }
  },
  transform(fitted, input) {
    return fitted.width < sparseFrom ? denseIndicators(fitted, input) : sparseIndicators(fitted, input)
  },
  addToGraph({ columns, width }, graph, flow) {
    const parts = categoryValues(graph, flow).flatMap((value, index) => {
      const { categories, positions, names } = itemAt(columns, index)
      if (names.length === 0) return []
      const position = addLookup(graph, value, categories, Float32Array.from(positions))
      return [addIndicators(graph, asColumn(graph, position), names.length)]
    })
    return { kind: 'dense', value: sideBySide(graph, parts), columnCount: width }
  },
}

function fittedColumn(categories: Categories, counts: Int32Array, parameters: OneHotParameters): FittedOneHotColumn {
  const isRare = rareCategories(counts, parameters)
  const frequent = [...counts.keys()].filter((code) => !isRare(code))
  const hasRare = frequent.length < counts.length
  const groups = frequent.length + (hasRare ? 1 : 0)
  const isDropping = parameters.drop === 'first' || (parameters.drop === 'if_binary' && groups === 2)
  const dropped = isDropping ? 1 : 0
  const positions = new Int32Array(counts.length + 1).fill(groups - 1 - dropped)
  for (const [position, code] of frequent.entries()) positions[code] = position - dropped
  if (parameters.handleUnknown === 'ignore' || !hasRare) positions[counts.length] = -1
  const names = frequent.slice(dropped).map((code) => `${categories.name}_${categoryText(categories, code)}`)
  const isRareDropped = dropped > frequent.length
  return {
    categories,
    positions,
    names: hasRare && !isRareDropped ? [...names, `${categories.name}_infrequent`] : names,
  }
}

/** scikit-learn's rule: below the least frequency, then the least frequent ones (the first among equals) beyond the most columns. */
function rareCategories(
  counts: Int32Array,
  { minFrequency, maxCategories }: OneHotParameters,
): (code: number) => boolean {
  const rowCount = counts.reduce((total, count) => total + count, 0)
  const least = minFrequency === null ? 0 : minFrequency < 1 ? minFrequency * rowCount : minFrequency
  const rare = new Set([...counts.keys()].filter((code) => int32At(counts, code) < least))
  if (maxCategories !== null && maxCategories < counts.length - rare.size + 1) {
    const ascending = [...counts.keys()].sort((a, b) => int32At(counts, a) - int32At(counts, b))
    for (const code of ascending.slice(0, counts.length - (maxCategories - 1))) rare.add(code)
  }
  return (code) => rare.has(code)
}

/** By column: the position of every row in the columns of the output, -1 for none. */
function positionsOf({ columns }: FittedOneHot, input: Flow): Int32Array[] {
  return categoryInputs(input, 'one_hot_encoder').map((column, index) => {
    const { categories, positions } = itemAt(columns, index)
    const unseen = positions.length - 1
    return categoryCodes(column, categories).map((code) => int32At(positions, code < 0 ? unseen : code))
  })
}

function denseIndicators(fitted: FittedOneHot, input: Flow): Flow {
  const rowCount = flowRows(input)
  assertDenseSize(rowCount, fitted.width)
  const names = fitted.columns.flatMap((column) => column.names)
  const values = names.map(() => new Float32Array(rowCount))
  let start = 0
  for (const [index, positions] of positionsOf(fitted, input).entries()) {
    for (let row = 0; row < rowCount; row++) {
      const position = int32At(positions, row)
      if (position >= 0) itemAt(values, start + position)[row] = 1
    }
    start += itemAt(fitted.columns, index).names.length
  }
  return namedFlow(names, values, rowCount)
}

function sparseIndicators(fitted: FittedOneHot, input: Flow): SparseMatrix {
  const rowCount = flowRows(input)
  const byColumn = positionsOf(fitted, input)
  const rowStarts = new Int32Array(rowCount + 1)
  const columnIds = new Int32Array(rowCount * byColumn.length)
  let at = 0
  for (let row = 0; row < rowCount; row++) {
    let start = 0
    for (let index = 0; index < byColumn.length; index++) {
      const position = int32At(itemAt(byColumn, index), row)
      if (position >= 0) columnIds[at++] = start + position
      start += itemAt(fitted.columns, index).names.length
    }
    rowStarts[row + 1] = at
  }
  return {
    kind: 'sparse',
    rowCount,
    columnCount: fitted.width,
    rowStarts,
    columnIds: columnIds.slice(0, at),
    values: new Float32Array(at).fill(1),
    columnNames: fitted.width > namedFeaturesMax ? null : fitted.columns.flatMap(({ names }) => names),
  }
}
