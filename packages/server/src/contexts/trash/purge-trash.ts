import { FabriqueError, type PurgeReply, PurgeRequest, type TrashKind } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, taskVerb, type VerbContext } from '../../platform/index.js'
import { purgeFolder } from '../artifacts/index.js'
import { versionsUnder } from '../registry/index.js'
import { purgeTraces } from '../traces/index.js'
import {
  artifactFolderOf,
  artifactUrisOf,
  deletedThings,
  eraseExperiment,
  eraseLoggedModels,
  erasePoints,
  eraseRuns,
  idsOfExperiment,
} from '../tracking/index.js'

/** Things erased in one transaction. */
const partSize = 100
const dayMs = 86_400_000

type Purged = { -readonly [Key in keyof PurgeReply]: PurgeReply[Key] }

const nothing = (): Purged => ({ experiments: 0, runs: 0, logged_models: 0, artifacts: 0, bytes_freed: 0, kept: 0 })

function add(to: Purged, from: PurgeReply): void {
  for (const key of Object.keys(to) as (keyof Purged)[]) to[key] += from[key]
}

/**
 * Erases deleted things for good, with points and files: those named, or everything deleted longer ago than some days. Names
 * are free afterwards. What a version of a registered model still needs is kept: named, it throws `purge_in_use` before anything
 * is erased; else it is counted. A crash in between leaves whole things, and points that the next call erases.
 * Throws `purge_not_deleted` for something that is not in the trash.
 */
export const purgeTrash = taskVerb({
  name: 'trash.purge_trash',
  permission: 'runs.write',
  input: PurgeRequest,
  async run({ ctx, input }): Promise<PurgeReply> {
    const total = nothing()
    if (input.items !== undefined) {
      await checkUnused(ctx, input.items)
      for (const { kind, id } of input.items) add(total, await purgeOne(ctx, kind, id))
    } else {
      const beforeMs = ctx.clock.now().getTime() - Math.floor((input.older_than_days ?? 0) * dayMs)
      add(total, await purgeOlder(ctx, beforeMs))
    }
    await erasePoints(ctx)
    return total
  },
})

/** The same for what was deleted more than `days` ago, as the server does by itself; 0 days keep everything. */
export async function purgeExpired(ctx: VerbContext, days: number): Promise<void> {
  if (days > 0) await purgeTrash({ ctx, input: { older_than_days: days } })
  else await erasePoints(ctx)
}

async function purgeOlder(ctx: VerbContext, beforeMs: number): Promise<PurgeReply> {
  const total = nothing()
  // What is kept stays in the list: it is passed over.
  let offset = 0
  for (;;) {
    const things = await deletedThings(ctx, { beforeMs, offset, limit: partSize })
    for (const { kind, id } of things) {
      const purged = await purgeOne(ctx, kind, id)
      add(total, purged)
      if (purged.kept > 0) offset += 1
    }
    if (things.length < partSize) return total
  }
}

async function purgeOne(ctx: VerbContext, kind: TrashKind, id: string): Promise<PurgeReply> {
  if (kind === 'experiment') return purgeExperiment(ctx, id)
  return purgeSome({ ctx, input: kind === 'run' ? { runs: [id] } : { logged_models: [id] } })
}

/** An experiment goes when all that is in it has gone. */
async function purgeExperiment(ctx: VerbContext, id: string): Promise<PurgeReply> {
  if (!/^\d{1,18}$/.test(id)) throw new FabriqueError('purge_not_deleted', { kind: 'experiment', id })
  const total = nothing()
  for (;;) {
    const { runs, models } = await idsOfExperiment(ctx, id, partSize + total.kept)
    const purged = await purgeSome({ ctx, input: { runs: [...runs], logged_models: [...models] } })
    add(total, { ...purged, kept: 0 })
    total.kept = purged.kept
    if (purged.runs + purged.logged_models === 0) break
  }
  if (total.kept > 0) return total
  await purgeTraces(ctx, [id])
  await eraseEmptyExperiment({ ctx, input: { experiment_id: id } })
  return { ...total, experiments: 1 }
}

const eraseEmptyExperiment = changeVerb({
  name: 'trash.erase_empty_experiment',
  permission: 'runs.write',
  input: z.object({ experiment_id: z.string() }),
  async run({ ctx, input, record }): Promise<void> {
    await eraseExperiment(ctx, input.experiment_id)
    await record({
      subject: `experiments/${input.experiment_id}`,
      event: 'experiment.changed',
      payload: { experiment_id: input.experiment_id, change: 'purged' },
    })
  },
})

/** Erases some runs and logged models with their files, in one transaction; those in use are kept. */
const purgeSome = changeVerb({
  name: 'trash.purge_some',
  permission: 'runs.write',
  input: z.object({ runs: z.array(z.string()).default([]), logged_models: z.array(z.string()).default([]) }),
  async run({ ctx, input, record, unchanged }): Promise<PurgeReply> {
    const things = [
      ...input.runs.map((id) => ({ kind: 'run' as const, id })),
      ...input.logged_models.map((id) => ({ kind: 'logged_model' as const, id })),
    ]
    const used = new Set((await usesOf(ctx, things)).map(({ id }) => id))
    const runs = await eraseRuns(
      ctx,
      input.runs.filter((id) => !used.has(id)),
    )
    const models = await eraseLoggedModels(
      ctx,
      input.logged_models.filter((id) => !used.has(id)),
    )
    const purged = nothing()
    purged.runs = runs.length
    purged.logged_models = models.length
    purged.kept = used.size
    for (const { artifact_uri } of [...runs, ...models]) {
      const folder = artifactFolderOf(artifact_uri)
      if (folder === undefined) continue
      const files = await purgeFolder(ctx, folder)
      purged.artifacts += files.files
      purged.bytes_freed += files.bytes_freed
    }
    for (const { run_id } of runs) {
      await record({ subject: `runs/${run_id}`, event: 'run.purged', payload: { run_id } })
    }
    for (const { model_id } of models) {
      await record({ subject: `logged_models/${model_id}`, event: 'logged_model.purged', payload: { model_id } })
    }
    if (runs.length + models.length === 0) unchanged()
    return purged
  },
})

interface Thing {
  readonly kind: TrashKind
  readonly id: string
}

function addressesOf(ctx: VerbContext, things: readonly Thing[]) {
  const idsOf = (wanted: TrashKind) => things.filter(({ kind }) => kind === wanted).map(({ id }) => id)
  return artifactUrisOf(ctx, { runs: idsOf('run'), models: idsOf('logged_model') })
}

/** Which of these runs and logged models a version of a registered model still needs. */
async function usesOf(ctx: VerbContext, things: readonly Thing[]) {
  const folders = new Map<string, string>()
  const found = await addressesOf(ctx, things)
  for (const { id, artifact_uri } of found) {
    const folder = artifactFolderOf(artifact_uri)
    if (folder !== undefined) folders.set(folder, id)
  }
  const versions = await versionsUnder(ctx, [...folders.keys()])
  return versions.map(({ folder, model, version }) => ({ id: folders.get(folder) ?? '', model, version }))
}

async function checkUnused(ctx: VerbContext, things: readonly Thing[]): Promise<void> {
  const known = new Set((await addressesOf(ctx, things)).map(({ id }) => id))
  const missing = things.find(({ kind, id }) => kind !== 'experiment' && !known.has(id))
  if (missing !== undefined) throw new FabriqueError('purge_not_deleted', { kind: missing.kind, id: missing.id })
  const [used] = await usesOf(ctx, things)
  if (used !== undefined) throw new FabriqueError('purge_in_use', { ...used })
}
