import { isAbsolute } from 'node:path'
import { FabriqueError, type Json, routes, type SnapshotSelection } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { startJob } from '../jobs/index.js'
import { deleteRemote, getRemote, listRemotes, putRemote } from './change-remotes.js'
import { grantsOf } from './grants.js'
import { checkMayRead, checkSelection } from './select-snapshots.js'

export function mountRemoteRoutes(app: FastifyInstance, contextOf: ContextOf): void {
  mountRoute(app, routes.listRemotes, async ({ request }) => ({
    items: [...(await listRemotes({ ctx: contextOf(request), input: {} }))],
  }))
  mountRoute(app, routes.putRemote, ({ request, params, body }) =>
    putRemote({ ctx: contextOf(request), input: { ...params, ...body } }),
  )
  mountRoute(app, routes.deleteRemote, ({ request, params }) =>
    deleteRemote({ ctx: contextOf(request), input: params }),
  )
  const start = (request: FastifyRequest, job: { kind: string; subject: string; project?: string; input: Json }) =>
    startJob({
      ctx: contextOf(request),
      input: { ...job, refuses_other_input: true, language: requestLanguage(request) },
    })
  const transfer = async (request: FastifyRequest, kind: string, name: string, selection: SnapshotSelection) => {
    const ctx = contextOf(request)
    const isPush = kind === 'data.push'
    if (isPush) await checkMayRead(ctx, selection)
    else checkSelection(selection)
    const { name: remote } = await getRemote({ ctx, input: { remote: name } })
    const { project, dataset, refs, threads } = selection
    const chosen = [project, dataset].filter((part) => part !== undefined)
    const named = refs.length === 0 ? '' : `@${refs.join(',')}`
    const subject = `${['remotes', remote, ...chosen].join('/')}${named}`
    const about = project === undefined ? {} : { project }
    const ofDataset = dataset === undefined ? {} : { dataset }
    const grants = isPush ? grantsOf(ctx.actor) : {}
    return start(request, {
      kind,
      subject,
      ...about,
      input: { remote, ...about, ...ofDataset, refs, threads, ...grants },
    })
  }
  mountRoute(app, routes.pushSnapshots, ({ request, params, body }) =>
    transfer(request, 'data.push', params.remote, body),
  )
  mountRoute(app, routes.pullSnapshots, ({ request, params, body }) =>
    transfer(request, 'data.pull', params.remote, body),
  )
  mountRoute(app, routes.checkoutSnapshot, async ({ request, params, body }) => {
    if (!isAbsolute(body.folder)) {
      throw new FabriqueError('checkout_folder_invalid', { folder: body.folder, reason: 'it is not absolute' })
    }
    const { id, project } = await getSnapshot({ ctx: contextOf(request), input: params })
    const subject = `snapshots/${id} in ${body.folder}`
    return start(request, { kind: 'data.checkout', subject, project, input: { snapshot: id, ...body } })
  })
  mountRoute(app, routes.collectSnapshots, ({ request, body }) => {
    const { project, dataset, ...rest } = body
    const ofProject = project === undefined ? {} : { project }
    const ofDataset = dataset === undefined ? {} : { dataset }
    const subject = ['data', ...(project === undefined ? [] : [project]), ...(dataset === undefined ? [] : [dataset])]
    const kind = { kind: 'data.gc', subject: `${subject.join('/')}${body.dry_run ? ' (dry run)' : ''}` }
    const grants = grantsOf(contextOf(request).actor)
    return start(request, { ...kind, ...ofProject, input: { ...ofProject, ...ofDataset, ...rest, ...grants } })
  })
}
