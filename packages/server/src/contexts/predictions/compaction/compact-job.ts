import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json, ModelSignature, Snapshot } from '@fabrique/contract'
import { isFabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../../kernel/index.js'
import { inTransaction, sqlName, sqlText, type VerbContext } from '../../../platform/index.js'
import { deleteSnapshot, keepTable, listSnapshots, predictionLogSource, snapshotThing } from '../../datasets/index.js'
import type { JobHandler } from '../../jobs/index.js'
import { type LineageThing, recordLineage } from '../../lineage/index.js'
import { engineType, type LogColumn, mergeColumns, snapshotColumns } from './log-columns.js'
import {
  type CompactedDay,
  compactedDays,
  type DayPart,
  dueDays,
  forgetOldDays,
  keepModelData,
  replaceDay,
} from './store.js'
import { writeDay } from './write-day.js'

/** The kind of a job that writes days of the log to files. */
export const compactJobKind = 'predictions.compact'

export const CompactJobInput = z.object({
  model: z.string(),
  project: z.string(),
  dataset: z.string(),
  /** Also days that are not over. */
  open: z.boolean(),
})
export type CompactJobInput = z.output<typeof CompactJobInput>

/** What is known of versions, from a higher context. */
export interface CompactTools {
  /** What a version takes and gives; undefined where it says not, or is not there any more. */
  readonly signatureOf: (ctx: VerbContext, model: string, version: string) => Promise<ModelSignature | undefined>
  /** A version in the lineage; undefined where it is not there any more. */
  readonly versionThing: (ctx: VerbContext, model: string, version: string) => Promise<LineageThing | undefined>
  /** Rows of a file; the limit without. */
  readonly partRows?: number
}

/**
 * Writes the days of a model that are due to files, each day at once, and all of its days as a snapshot. What is done of a worker that died
 * stays; what it was at is begun anew.
 */
export function compactJob(tools: CompactTools): JobHandler {
  return async ({ ctx, id, input: given, report }) => {
    const input = CompactJobInput.parse(given)
    const { model } = input
    const folder = join(ctx.blobs.stagingFolder, `compact-${id}`)
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    try {
      const known = new Map<string, Promise<ModelSignature | undefined>>()
      const signatureOf = (version: string) => {
        const found = known.get(version) ?? tools.signatureOf(ctx, model, version)
        known.set(version, found)
        return found
      }
      const due = await dueDays(ctx, { model, open: input.open })
      let rows = 0
      for (const [place, day] of due.entries()) {
        const done = { stage: 'compact', current: day.day, files_done: place, files_total: due.length }
        const onRows = (some: number) => {
          rows += some
          report({ ...done, rows_done: rows })
        }
        const partRows = tools.partRows ?? limit('predictions.part_rows')
        const written = await writeDay(ctx, { due: day, folder, signatureOf, partRows, onRows })
        ctx.signal?.throwIfAborted()
        await replaceDay(ctx, written)
      }
      await forgetOldDays(ctx, model, limit('predictions.compacted_days_max'))
      ctx.signal?.throwIfAborted()
      const snapshot = await keepSnapshot(ctx, { input, job: id, folder, tools })
      return resultOf(input, { days: due.length, rows, snapshot })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

function resultOf(
  { model, project, dataset }: CompactJobInput,
  { days, rows, snapshot }: { readonly days: number; readonly rows: number; readonly snapshot: Snapshot | undefined },
): Json {
  return { model, project, dataset, days, rows, ...(snapshot === undefined ? {} : { snapshot_id: snapshot.id }) }
}

interface Keeping {
  readonly input: CompactJobInput
  readonly job: string
  readonly folder: string
  readonly tools: CompactTools
}

/** Makes all days of a model one snapshot, with the lineage *versions → snapshot*; nothing where there are none. */
async function keepSnapshot(ctx: VerbContext, keeping: Keeping): Promise<Snapshot | undefined> {
  const { input, job, tools } = keeping
  const { model, project, dataset } = input
  const days = await compactedDays(ctx, model)
  const columns = mergeColumns(days.flatMap(({ parts }) => parts.map((part) => part.columns)))
  const uniform = await uniformDays(ctx, { days, columns, folder: keeping.folder })
  const parts = uniform.flatMap((day) => day.parts)
  if (parts.length === 0) return undefined
  const { signal: _signal, ...lasting } = ctx
  const snapshot = await inTransaction(lasting, async (inner) => {
    const { snapshot: kept } = await keepTable({
      ctx: inner,
      input: {
        project,
        dataset,
        job,
        parts: parts.map(({ sha256, bytes, row_count }) => ({ sha256, bytes, row_count })),
        columns: snapshotColumns(columns),
        source: { kind: predictionLogSource, location: model },
      },
    })
    await tellLineage(inner, { kept, model, days: uniform, tools })
    await keepModelData(inner, { model, project, dataset, snapshot_id: kept.id })
    return kept
  })
  await forgetOldSnapshots(lasting, { project, dataset })
  return snapshot
}

interface Uniform {
  readonly days: readonly CompactedDay[]
  readonly columns: readonly LogColumn[]
  readonly folder: string
}

/** Writes the files again that have a column of a narrower type than other days: a new version may take texts where the one before took numbers. */
async function uniformDays(ctx: VerbContext, { days, columns, folder }: Uniform): Promise<readonly CompactedDay[]> {
  const wanted = new Map(columns.map((column) => [column.name.toLowerCase(), column]))
  const isOther = (column: LogColumn) => {
    const type = wanted.get(column.name.toLowerCase())
    return type !== undefined && engineType(type) !== engineType(column)
  }
  const recast = async (part: DayPart): Promise<DayPart> => {
    const others = part.columns.filter(isOther)
    if (others.length === 0) return part
    const file = await ctx.blobs.localFile(part.sha256)
    const path = join(folder, 'cast.parquet')
    const casts = others.map(({ name }) => {
      const type = wanted.get(name.toLowerCase())
      return `${sqlName(name)}::${type === undefined ? 'VARCHAR' : engineType(type)} as ${sqlName(name)}`
    })
    try {
      const rows = `select * replace (${casts.join(', ')}) from read_parquet(${sqlText(file.path)})`
      await ctx.data.use(
        (connection) => connection.run(`copy (${rows}) to ${sqlText(path)} (format parquet, compression zstd)`),
        ctx.signal,
      )
    } finally {
      await file.release()
    }
    const cast = part.columns.map((column) => ({
      ...column,
      type: wanted.get(column.name.toLowerCase())?.type ?? column.type,
    }))
    return { ...(await ctx.blobs.adopt(path)), row_count: part.row_count, columns: cast }
  }
  const found: CompactedDay[] = []
  for (const day of days) {
    if (!day.parts.some((part) => part.columns.some(isOther))) {
      found.push(day)
      continue
    }
    const parts: DayPart[] = []
    for (const part of day.parts) parts.push(await recast(part))
    await replaceDay(ctx, { ...day, parts })
    found.push({ ...day, parts })
  }
  return found
}

interface Told {
  readonly kept: Snapshot
  readonly model: string
  readonly days: readonly CompactedDay[]
  readonly tools: CompactTools
}

async function tellLineage(ctx: VerbContext, { kept, model, days, tools }: Told): Promise<void> {
  const versions = [...new Set(days.flatMap((day) => day.versions))].sort()
  const things: LineageThing[] = []
  for (const version of versions) {
    const thing = await tools.versionThing(ctx, model, version)
    if (thing !== undefined) things.push({ ...thing, keep: true })
  }
  const to = { kind: 'snapshot' as const, id: kept.id }
  await recordLineage(ctx, {
    things: [...things, { ...snapshotThing(kept), keep: true }],
    steps: things.map(({ kind, id }) => ({ from: { kind, id }, to, relation: 'predicted' })),
  })
}

/** Erases the oldest snapshots of the log that nothing was made from and nobody gave a name. */
async function forgetOldSnapshots(
  ctx: VerbContext,
  named: { readonly project: string; readonly dataset: string },
): Promise<void> {
  const keptMax = limit('predictions.snapshots_kept')
  const { items } = await listSnapshots({ ctx, input: { ...named, limit: keptMax + 100 } })
  for (const { id, source } of items.slice(keptMax)) {
    if (source.kind !== predictionLogSource) continue
    const reason = 'superseded by the days that came later'
    await deleteSnapshot({ ctx, input: { snapshot: id, reason } }).catch((error: unknown) => {
      if (!isFabriqueError(error) || error.code !== 'snapshot_in_use') throw error
    })
  }
}
