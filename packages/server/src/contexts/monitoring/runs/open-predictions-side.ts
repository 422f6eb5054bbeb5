import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelSignature, ReportSide } from '@fabrique/contract'
import { isFabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { sqlName, sqlText, type VerbContext } from '../../../platform/index.js'
import { type LogColumn, writeLogWindow } from '../../predictions/index.js'
import { findVersion } from '../../registry/index.js'
import { type Side, tableSide } from '../drift/side.js'
import { probabilitiesIn } from './open-snapshot-side.js'
import { type OpenedSide, pick } from './opened-side.js'
import { type PickedColumn, pickedSide } from './picked-side.js'

export interface PredictionSpan {
  readonly model: string
  readonly version?: string | undefined
  readonly from: Date
  readonly until: Date
}

/** Runs work on the predictions of a span as one side. What they are called is what the newest of their versions says. */
export async function withPredictionsSide<Result>(
  ctx: VerbContext,
  { model, version, from, until }: PredictionSpan,
  work: (side: OpenedSide) => Promise<Result>,
): Promise<Result> {
  const folder = join(ctx.blobs.stagingFolder, `monitor-${ctx.ids.hex32()}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'window.parquet')
  const signatures = new Map<string, ModelSignature>()
  try {
    const window = await writeLogWindow(ctx, {
      model,
      version,
      from,
      until,
      path,
      rowsMax: limit('monitoring.window_rows_max'),
      async signatureOf(asked) {
        const found = await signatureOf(ctx, model, asked)
        if (found !== undefined) signatures.set(asked, found)
        return found
      },
    })
    const told: ReportSide = {
      what: 'predictions',
      rows: window.rows,
      model,
      ...(version === undefined ? {} : { version }),
      from: from.toISOString(),
      until: until.toISOString(),
      ...(window.sampledOf === undefined ? {} : { sampled_of: window.sampledOf }),
    }
    const newest = [...signatures.keys()].sort((a, b) => Number(b) - Number(a))[0]
    const title = newest === undefined ? undefined : signatures.get(newest)?.target.name
    return await ctx.data.use(async (connection) => {
      await connection.run("set TimeZone = 'UTC'")
      const inputs = inputsOf(window.columns)
      const table = `read_parquet(${sqlText(path)})`
      const taken = [...inputs].map(([asked, name]) => `${sqlName(name)} as ${sqlName(asked)}`)
      const rows = `(select ${taken.length === 0 ? '1 as no_inputs' : taken.join(', ')} from ${table})`
      const whole = await tableSide(connection, { table, rowCount: window.rows })
      const features = pickedSide(window.rows, columnsOf(whole, inputs))
      const truth = pick(whole, 'truth', title ?? 'truth')
      return work({
        told,
        features,
        prediction: pick(whole, 'prediction'),
        // Without a single truth there is nothing that a target could be compared by.
        ...((whole.columns.get('truth')?.filled ?? 0) > 0 ? { target: truth } : {}),
        rows: { connection, table: rows },
        ...(whole.columns.has('prediction')
          ? {
              scored: {
                connection,
                table,
                prediction: 'prediction',
                truth: 'truth',
                probabilities: probabilitiesIn(outputsOf(window.columns)),
                features: inputs,
              },
            }
          : {}),
      })
    }, ctx.signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
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

/** What a version takes and gives; undefined where it says not, or is not there any more. */
async function signatureOf(ctx: VerbContext, model: string, version: string): Promise<ModelSignature | undefined> {
  try {
    return (await findVersion({ ctx, input: { model, version } })).signature ?? undefined
  } catch (error) {
    if (isFabriqueError(error) && ['model_version_not_found', 'model_not_found'].includes(error.code)) return undefined
    throw error
  }
}
