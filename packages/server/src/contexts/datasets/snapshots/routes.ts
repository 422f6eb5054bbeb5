import { routes } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type ContextOf, mountRoute } from '../../../platform/index.js'
import { deleteSnapshot } from './delete-snapshot.js'
import { diffSnapshots } from './diff-snapshots.js'
import { ensureProfile } from './ensure-profile.js'
import { exportSnapshot, type SnapshotExport } from './export-snapshot.js'
import { querySnapshot } from './query-snapshot.js'
import { resolveSnapshot } from './resolve-snapshot.js'
import { deleteSnapshotTag, listSnapshotTags, setSnapshotTag } from './snapshot-tags.js'

/** Aborts when the client goes before it has its answer. */
function signalOf(reply: FastifyReply): AbortSignal {
  const abort = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) abort.abort()
  })
  return abort.signal
}

function send(reply: FastifyReply, { mediaType, fileName, bytes, content }: SnapshotExport): FastifyReply {
  // A client that goes ends what makes the file.
  reply.raw.once('close', () => content.destroy())
  if (bytes !== undefined) reply.header('content-length', bytes)
  return reply.type(mediaType).header('content-disposition', `attachment; filename="${fileName}"`).send(content)
}

/** Mounts what can be asked of and done with snapshots. */
export function mountSnapshotRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.resolveSnapshot, ({ request, params, query }) =>
    resolveSnapshot({ ctx: contextOf(request), input: { ...params, ...query } }),
  )
  mountRoute(app, routes.listSnapshotTags, async ({ request, params }) => ({
    items: [...(await listSnapshotTags({ ctx: contextOf(request), input: params }))],
  }))
  mountRoute(app, routes.setSnapshotTag, ({ request, params, body }) =>
    setSnapshotTag({ ctx: contextOf(request), input: { ...params, ...body } }),
  )
  mountRoute(app, routes.deleteSnapshotTag, ({ request, params }) =>
    deleteSnapshotTag({ ctx: contextOf(request), input: params }),
  )
  mountRoute(app, routes.getProfile, ({ request, reply, params }) =>
    ensureProfile({ ctx: { ...contextOf(request), signal: signalOf(reply) }, input: params }),
  )
  mountRoute(app, routes.diffSnapshots, ({ request, reply, params, query }) =>
    diffSnapshots({ ctx: { ...contextOf(request), signal: signalOf(reply) }, input: { ...params, ...query } }),
  )
  mountRoute(app, routes.querySnapshot, ({ request, reply, params, body }) =>
    querySnapshot({ ctx: { ...contextOf(request), signal: signalOf(reply) }, input: { ...params, ...body } }),
  )
  mountRoute(app, routes.exportSnapshot, async ({ request, reply, params, query }) =>
    send(reply, await exportSnapshot({ ctx: contextOf(request), input: { ...params, ...query } })),
  )
  mountRoute(app, routes.downloadSnapshot, async ({ request, reply, params }) =>
    send(reply, await exportSnapshot({ ctx: contextOf(request), input: { ...params, format: 'parquet' } })),
  )
  mountRoute(app, routes.deleteSnapshot, ({ request, params }) =>
    deleteSnapshot({ ctx: contextOf(request), input: params }),
  )
}
