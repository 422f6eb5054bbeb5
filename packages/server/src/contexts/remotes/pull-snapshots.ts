import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError, type Remote, SnapshotSelection, type TransferResult } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { taskVerb, type VerbContext } from '../../platform/index.js'
import { forEachAtOnce, insertPack, isIndexed, readCheckedPack } from '../datasets/index.js'
import { getRemote } from './change-remotes.js'
import { checkPulled } from './check-pulled.js'
import { type Manifest, parseManifest } from './manifest.js'
import { recordPulled } from './record-pulled.js'
import type { ManifestPlace, RemoteStore } from './remote-store.js'
import { checkSelection } from './select-snapshots.js'
import { type Report, transferProgress } from './transfer-progress.js'
import { useRemote } from './use-remote.js'

type Blob = Manifest['blobs'][number]

/** Names of temporary files begin with this; a job that is begun again finds those of its first attempt. */
interface Scope {
  readonly ctx: VerbContext
  readonly remote: Remote
  readonly store: RemoteStore
  readonly tempPrefix: string
}

/**
 * Fetches snapshots from a remote: what the store lacks, each content checked against its name, then the snapshots one by one. What is
 * here already stays as it is. Errors: `remote_not_found`, `remote_unavailable`, `remote_snapshot_not_found`, `remote_content_wrong`,
 * `remote_manifest_invalid`, `disk_full`.
 */
export const pullSnapshots = taskVerb({
  name: 'remotes.pull_snapshots',
  permission: 'datasets.write',
  input: SnapshotSelection.extend({ remote: z.string(), report: z.custom<Report>().optional() }),
  async run({ ctx, input }): Promise<TransferResult> {
    const remote = await getRemote({ ctx, input: { remote: input.remote } })
    checkSelection(input)
    return useRemote(ctx, remote, async (store) => {
      const scope: Scope = { ctx, remote, store, tempPrefix: `pull-${ctx.requestId ?? ctx.ids.hex32()}-` }
      input.report?.({ stage: 'compare' })
      const manifests = await chooseManifests(scope, input)
      const wanted = new Map<string, Blob>()
      for (const blob of manifests.flatMap(({ blobs }) => blobs)) wanted.set(blob.sha256, blob)
      const missing = await missingHere(ctx, [...wanted.values()], input.threads)
      const progress = transferProgress(ctx, { stage: 'fetch', blobs: missing, report: input.report })
      await forEachAtOnce(missing, input.threads, async (blob) => {
        ctx.signal?.throwIfAborted()
        await fetchBlob(scope, blob)
        progress(blob.bytes)
      })
      const conflicts: TransferResult['tag_conflicts'] = []
      let made = 0
      for (const manifest of manifests) {
        ctx.signal?.throwIfAborted()
        await checkPulled(ctx, manifest, remote)
        await keepAll(scope, manifest, input.threads)
        const recorded = await recordPulled({ ctx, input: { manifest, remote: remote.name } })
        if (recorded.created) made += 1
        conflicts.push(...recorded.conflicts)
      }
      const bytes = missing.reduce((sum, blob) => sum + blob.bytes, 0)
      const skipped = wanted.size - missing.length
      return { snapshots: made, blobs: missing.length, bytes, skipped, tag_conflicts: conflicts }
    })
  },
})

/** The descriptions that are meant, oldest first. */
async function chooseManifests(
  { ctx, remote, store }: Scope,
  { project, dataset, refs, threads }: SnapshotSelection,
): Promise<readonly Manifest[]> {
  const places: ManifestPlace[] = []
  for await (const place of store.listManifests(project, dataset)) {
    places.push(place)
    if (places.length > limit('remotes.snapshots_max')) {
      const reason = `it has more than ${limit('remotes.snapshots_max')} snapshots: name a project or dataset`
      throw new FabriqueError('remote_unavailable', { remote: remote.name, reason })
    }
  }
  const manifests: Manifest[] = []
  await forEachAtOnce(places, threads, async (place) => {
    ctx.signal?.throwIfAborted()
    const text = await store.readManifest(place)
    // Gone since the listing: then it is not meant.
    if (text !== undefined) manifests.push(parseManifest(text, place, remote))
  })
  manifests.sort((left, right) => compareAge(left.snapshot, right.snapshot))
  if (refs.length === 0) return manifests
  const chosen = new Set(
    refs.map((ref) => {
      const found = manifests.findLast(({ snapshot }) => isMeant(snapshot, ref))
      if (found === undefined) {
        const named = { remote: remote.name, ref, dataset: dataset ?? '' }
        throw new FabriqueError('remote_snapshot_not_found', named)
      }
      return found
    }),
  )
  return [...chosen]
}

function compareAge(left: Manifest['snapshot'], right: Manifest['snapshot']): number {
  if (left.created_at !== right.created_at) return left.created_at < right.created_at ? -1 : 1
  return left.id < right.id ? -1 : 1
}

function isMeant({ id, tags, content_hash }: Manifest['snapshot'], ref: string): boolean {
  const isHash = /^[0-9a-f]{6,64}$/.test(ref) && content_hash.startsWith(ref)
  return ref === 'latest' || ref === id || tags.includes(ref) || isHash
}

/**
 * Contents that the store lacks; those that it has stay a while. A pack whose index was not written, as its fetch was killed in between,
 * is fetched again.
 */
async function missingHere(ctx: VerbContext, blobs: readonly Blob[], threads: number): Promise<readonly Blob[]> {
  const missing: Blob[] = []
  await forEachAtOnce(blobs, threads, async (blob) => {
    const isHere = (await ctx.blobs.keep(blob.sha256)) && (!blob.is_pack || (await isIndexed(ctx, blob.sha256)))
    if (!isHere) missing.push(blob)
  })
  return missing
}

/** Brings one content into the store, where it is what its name says. A pack also tells what is in it. */
async function fetchBlob({ ctx, remote, store, tempPrefix }: Scope, blob: Blob): Promise<void> {
  const { sha256, bytes } = blob
  const wrong = (reason: string) =>
    new FabriqueError('remote_content_wrong', { hash: sha256, remote: remote.name, reason })
  const path = join(ctx.blobs.stagingFolder, `${tempPrefix}${sha256}`)
  try {
    const there = await store.sizeOf(sha256)
    if (there === undefined) throw wrong('it is not there')
    if (there !== bytes) throw wrong(`it has ${there} bytes, not ${bytes}`)
    await store.fetch(sha256, bytes, path)
    if ((await stat(path)).size !== bytes || (await hashFile(path)) !== sha256) throw wrong('its hash is another')
    const entries = blob.is_pack ? await readCheckedPack(path) : []
    if (entries === undefined) throw wrong('it is no pack')
    await ctx.blobs.adopt(path, { sha256, bytes })
    if (blob.is_pack) await insertPack(ctx, sha256, entries)
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** The sweep could have taken what was fetched long ago: the contents stay until the snapshot names them. */
async function keepAll({ ctx, remote }: Scope, { blobs }: Manifest, threads: number): Promise<void> {
  await forEachAtOnce(blobs, threads, async ({ sha256 }) => {
    if (await ctx.blobs.keep(sha256)) return
    const reason = `content ${sha256} was swept here meanwhile; ask again`
    throw new FabriqueError('remote_unavailable', { remote: remote.name, reason })
  })
}
