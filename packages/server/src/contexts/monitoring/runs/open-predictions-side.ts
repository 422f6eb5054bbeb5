import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelSignature, ReportSide } from '@fabrique/contract'
import { isFabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { sqlText, type VerbContext } from '../../../platform/index.js'
import { writeLogWindow } from '../../predictions/index.js'
import { findVersion } from '../../registry/index.js'
import { tableSide } from '../drift/side.js'
import { predictionsBehind, sideOfLog } from './log-side.js'
import type { OpenedSide } from './opened-side.js'

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
      const table = `read_parquet(${sqlText(path)})`
      const whole = await tableSide(connection, { table, rowCount: window.rows })
      const log = { columns: window.columns, whole, table, connection }
      const standsFor = await predictionsBehind(log)
      return work(sideOfLog(log, { ...told, ...(standsFor === undefined ? {} : { stands_for: standsFor }) }, title))
    }, ctx.signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
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
