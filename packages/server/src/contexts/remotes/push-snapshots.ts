import { SnapshotSelection, type TransferResult } from '@fabrique/contract'
import { z } from 'zod'
import { canonicalJson, limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { forEachAtOnce } from '../datasets/index.js'
import { getRemote } from './change-remotes.js'
import { type Manifest, makeManifest } from './manifest.js'
import type { RemoteStore } from './remote-store.js'
import { selectSnapshots } from './select-snapshots.js'
import { type Report, transferProgress } from './transfer-progress.js'
import { useRemote } from './use-remote.js'

/** Contents from this size on are large: few of them travel at once, since each has several parts on the way. */
const largeBytes = 8 * 1024 * 1024
const largeAtOnce = 3

type Blob = Manifest['blobs'][number]

/**
 * Sends snapshots to a remote: what it lacks, then their descriptions. A half push is invisible there, and the next one goes on where
 * it ended. Errors: `remote_not_found`, `remote_unavailable`, `snapshot_ref_not_found`, `blob_not_found`.
 */
export const pushSnapshots = readVerb({
  name: 'remotes.push_snapshots',
  permission: 'datasets.read',
  input: SnapshotSelection.extend({ remote: z.string(), report: z.custom<Report>().optional() }),
  async run({ ctx, input }): Promise<TransferResult> {
    const { remote: name, report, ...selection } = input
    const remote = await getRemote({ ctx, input: { remote: name } })
    const snapshots = await selectSnapshots(ctx, selection)
    return useRemote(ctx, remote, async (store) => {
      const manifests: Manifest[] = []
      for (const snapshot of snapshots) manifests.push(await makeManifest(ctx, snapshot))
      const wanted = new Map(manifests.flatMap(({ blobs }) => blobs.map((blob) => [blob.sha256, blob] as const)))
      report?.({ stage: 'compare', files_total: wanted.size })
      const missing = await missingFrom(ctx, store, [...wanted.values()], input.threads)
      await sendBlobs(ctx, store, missing, { threads: input.threads, report })
      let sent = 0
      for (const manifest of manifests) {
        ctx.signal?.throwIfAborted()
        const text = canonicalJson(manifest)
        if ((await store.readManifest(manifest.snapshot)) === text) continue
        await store.writeManifest(manifest.snapshot, text)
        sent += 1
      }
      const bytes = missing.reduce((sum, blob) => sum + blob.bytes, 0)
      const skipped = wanted.size - missing.length
      return { snapshots: sent, blobs: missing.length, bytes, skipped, tag_conflicts: [] }
    })
  },
})

/** The contents that a remote does not have, or not whole. Few are asked for one by one; of many the remote is listed. */
async function missingFrom(
  ctx: VerbContext,
  store: RemoteStore,
  wanted: readonly Blob[],
  threads: number,
): Promise<readonly Blob[]> {
  const sizes = new Map<string, number>()
  if (wanted.length <= limit('remotes.heads_max')) {
    await forEachAtOnce(wanted, threads, async ({ sha256 }) => {
      ctx.signal?.throwIfAborted()
      const bytes = await store.sizeOf(sha256)
      if (bytes !== undefined) sizes.set(sha256, bytes)
    })
  } else {
    const names = new Set(wanted.map(({ sha256 }) => sha256))
    for await (const { sha256, bytes } of store.list()) if (names.has(sha256)) sizes.set(sha256, bytes)
  }
  return wanted.filter(({ sha256, bytes }) => sizes.get(sha256) !== bytes)
}

async function sendBlobs(
  ctx: VerbContext,
  store: RemoteStore,
  blobs: readonly Blob[],
  { threads, report }: { readonly threads: number; readonly report: Report | undefined },
): Promise<void> {
  const progress = transferProgress(ctx, { stage: 'send', blobs, report })
  const send = async ({ sha256, bytes }: Blob) => {
    ctx.signal?.throwIfAborted()
    await store.put({ sha256, bytes, open: () => ctx.blobs.open(sha256) })
    progress(bytes)
  }
  const large = blobs.filter(({ bytes }) => bytes >= largeBytes)
  await forEachAtOnce(large, Math.min(threads, largeAtOnce), send)
  await forEachAtOnce(
    blobs.filter(({ bytes }) => bytes < largeBytes),
    threads,
    send,
  )
}
