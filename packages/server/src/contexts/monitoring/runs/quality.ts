import type { MonitorCheck } from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import { sqlName } from '../../../platform/duckdb/index.js'
import type { Side, SideColumn } from '../drift/side.js'
import type { Measured } from './figures.js'
import type { OpenedSides } from './open-sides.js'
import { rowsBehind } from './opened-side.js'

/** Figures of the quality of the current rows: what costs nothing always, the others where a check asks. */
export async function measureQuality(
  sides: OpenedSides,
  checks: readonly MonitorCheck[],
): Promise<readonly Measured[]> {
  const asked = checks.filter(({ kind }) => kind === 'quality')
  const always = ['rows', 'missing_share', 'empty_columns'].map((metric) => ({ metric, column: undefined }))
  const wanted = new Map(
    [...always, ...asked].map(({ metric, column }) => [JSON.stringify([metric, column]), { metric, column }]),
  )
  const found: Measured[] = []
  for (const { metric, column } of wanted.values()) {
    const measured = await measure(sides, metric, column)
    const { told } = sides.current
    const rows = metric === 'rows' ? rowsBehind(told) : told.rows
    found.push({ kind: 'quality', metric, column, rows, ...measured })
  }
  return found
}

type Value = Pick<Measured, 'value' | 'whyNot'>

async function measure(sides: OpenedSides, metric: string, only: string | undefined): Promise<Value> {
  const { features } = sides.current
  const rows = sides.current.told.rows
  if (metric === 'rows') return { value: rowsBehind(sides.current.told) }
  if (rows === 0) return { value: undefined, whyNot: noRows }
  const columns = [...features.columns.values()].filter(({ name }) => only === undefined || name === only)
  if (columns.length === 0) return { value: undefined, whyNot: noColumn(only ?? '') }
  const filled = columns.reduce((sum, column) => sum + column.filled, 0)
  switch (metric) {
    case 'missing_share':
      return { value: 1 - filled / (rows * columns.length) }
    case 'empty_columns':
      return { value: columns.filter((column) => column.filled === 0).length }
    case 'constant_columns':
      return { value: await countConstant(features, columns) }
    case 'duplicate_rows_share':
      return duplicates(sides, columns)
    case 'new_values_share':
      return newValues(sides.reference.features, features, columns)
    case 'out_of_range_share':
      return outOfRange(sides.reference.features, features, columns)
    default:
      return { value: undefined }
  }
}

async function countConstant(side: Side, columns: readonly SideColumn[]): Promise<number> {
  let count = 0
  for (const column of columns) if (column.filled > 0 && (await side.distinct(column)) === 1) count += 1
  return count
}

async function duplicates({ current }: OpenedSides, columns: readonly SideColumn[]): Promise<Value> {
  const { rows, told } = current
  if (rows === undefined) return { value: undefined, whyNot: noRows }
  const names = columns.map(({ name }) => sqlName(name)).join(', ')
  const read = await rows.connection.runAndReadAll(
    `select count(*)::double from (select distinct ${names} from ${rows.table})`,
  )
  return { value: 1 - Number(read.value(0, 0)) / told.rows }
}

/** Of the rows of labels: the share whose label the reference does not have. */
async function newValues(reference: Side, current: Side, columns: readonly SideColumn[]): Promise<Value> {
  let [fresh, all] = [0, 0]
  for (const column of columns) {
    const before = reference.columns.get(column.name)
    if (before === undefined || !isLabels(column) || !isLabels(before)) continue
    const [[known], [own]] = [await reference.labels([before]), await current.labels([column])]
    // Of too many labels it is not known which are there.
    if (known === undefined || own === undefined || known.isCutOff || own.isCutOff) continue
    for (const [label, rows] of own.counts.counts) {
      all += rows
      if (!known.counts.counts.has(label)) fresh += rows
    }
  }
  return all === 0 ? { value: undefined, whyNot: noLabels } : { value: fresh / all }
}

const isLabels = ({ family }: SideColumn) => family === 'text' || family === 'boolean'
const isNumbers = ({ family }: SideColumn) => family === 'integer' || family === 'number'

/** Of the rows with a number: the share below the least or above the greatest of the reference. */
async function outOfRange(reference: Side, current: Side, columns: readonly SideColumn[]): Promise<Value> {
  let [outside, all] = [0, 0]
  for (const column of columns) {
    const before = reference.columns.get(column.name)
    if (before === undefined || !isNumbers(column) || !isNumbers(before)) continue
    const [[known], [own]] = [await reference.numbers([before]), await current.numbers([column])]
    const [least, greatest] = [known?.sorted[0], known?.sorted.at(-1)]
    if (own === undefined || least === undefined || greatest === undefined) continue
    all += own.sorted.length
    outside += own.sorted.reduce((sum, value) => sum + (value < least || value > greatest ? 1 : 0), 0)
  }
  return all === 0 ? { value: undefined, whyNot: noNumbers } : { value: outside / all }
}

const noRows: Said = { en: 'There are no current rows', fr: 'Il n’y a pas de lignes actuelles' }
const noLabels: Said = {
  en: 'No column has labels on both sides',
  fr: 'Aucune colonne n’a d’étiquettes des deux côtés',
}
const noNumbers: Said = {
  en: 'No column has numbers on both sides',
  fr: 'Aucune colonne n’a de nombres des deux côtés',
}
const noColumn = (name: string): Said => ({
  en: `The current rows have no column ${name}`,
  fr: `Les lignes actuelles n’ont pas de colonne ${name}`,
})
