import type { DuckDBConnection } from '@duckdb/node-api'
import type { ReportSide } from '@fabrique/contract'
import { sqlName } from '../../../platform/duckdb/index.js'
import type { LogColumn } from '../../predictions/index.js'
import type { Side } from '../drift/side.js'
import { type OpenedSide, pick } from './opened-side.js'
import { type PickedColumn, pickedSide } from './picked-side.js'
import { probabilitiesIn } from './probabilities-in.js'

/** Rows of the log of predictions, as a table. */
interface LogRows {
  readonly columns: readonly LogColumn[]
  readonly whole: Side
  /** What stands after `from`. */
  readonly table: string
  readonly connection: DuckDBConnection
}

/** Rows of the log as one side: the inputs by the names that the model knows them by, what was answered, and the truth as far as it came. */
export function sideOfLog(
  { columns, whole, table, connection }: LogRows,
  told: ReportSide,
  title = 'truth',
): OpenedSide {
  const inputs = inputsOf(columns)
  const taken = [...inputs].map(([asked, name]) => `${sqlName(name)} as ${sqlName(asked)}`)
  const rows = `(select ${taken.length === 0 ? '1 as no_inputs' : taken.join(', ')} from ${table})`
  return {
    told,
    features: pickedSide(whole.rowCount, columnsOf(whole, inputs)),
    prediction: pick(whole, 'prediction'),
    // Without a single truth there is nothing that a target could be compared by.
    ...((whole.columns.get('truth')?.filled ?? 0) > 0 ? { target: pick(whole, 'truth', title) } : {}),
    rows: { connection, table: rows },
    ...(whole.columns.has('prediction')
      ? {
          scored: {
            connection,
            table,
            prediction: 'prediction',
            truth: 'truth',
            probabilities: probabilitiesIn(outputsOf(columns)),
            features: inputs,
          },
        }
      : {}),
  }
}

/** The inputs by the names that the model knows them by: in the log one may stand under another, where its own is taken. */
export function inputsOf(columns: readonly LogColumn[]): ReadonlyMap<string, string> {
  const inputs = new Map<string, string>()
  // Names that differ by case only are one to the engine.
  const taken = new Set<string>()
  for (const { name, asked = name, group } of columns) {
    if (group !== 'input') continue
    const shown = taken.has(asked.toLowerCase()) ? name : asked
    taken.add(shown.toLowerCase())
    inputs.set(shown, name)
  }
  return inputs
}

/** What the model answered, by its own names: an input may be called like a probability. */
export const outputsOf = (columns: readonly LogColumn[]): ReadonlyMap<string, string> =>
  new Map(columns.flatMap(({ name, asked = name, group }) => (group === 'output' ? [[asked, name]] : [])))

function columnsOf(side: Side, names: ReadonlyMap<string, string>): ReadonlyMap<string, PickedColumn> {
  return new Map(
    [...names].flatMap(([asked, name]) => {
      const column = side.columns.get(name)
      return column === undefined ? [] : [[asked, { side, column }] as const]
    }),
  )
}

/**
 * How many predictions the rows stand for, where that is more than there are: of large requests, and where a share is kept, one row stands for
 * several. Each row counts once all the same. Undefined where each stands for itself.
 */
export async function predictionsBehind({
  connection,
  table,
  whole,
}: Pick<LogRows, 'connection' | 'table' | 'whole'>): Promise<number | undefined> {
  if (!whole.columns.has('weight')) return undefined
  const read = await connection.runAndReadAll(`select sum(weight)::double from ${table}`)
  const behind = Math.round(Number(read.value(0, 0) ?? 0))
  return behind > whole.rowCount ? behind : undefined
}
