import { Readable } from 'node:stream'
import { routes } from '@fabrique/contract'
import type { FastifyInstance } from 'fastify'
import { type ContextOf, mountRoute, requestLanguage } from '../../platform/index.js'
import { attachmentHeader } from '../artifacts/index.js'
import { exportTrainings } from './export-trainings.js'
import { listTrainings, type VersionsOfRuns } from './list-trainings.js'

export interface TrainingListOptions {
  readonly contextOf: ContextOf
  readonly versionsOfRuns: VersionsOfRuns
}

/** Mounts the list of trainings, and the history of their metrics. */
export function mountTrainingLists(app: FastifyInstance, { contextOf, versionsOfRuns }: TrainingListOptions): void {
  mountRoute(app, routes.listTrainings, ({ request, params, query }) =>
    listTrainings({
      ctx: contextOf(request),
      input: { ...params, ...query, language: requestLanguage(request), versionsOfRuns },
    }),
  )
  mountRoute(app, routes.exportTrainings, async ({ request, reply, params, query }) => {
    const { mediaType, fileName, parts } = await exportTrainings({
      ctx: contextOf(request),
      input: { ...params, ...query, versionsOfRuns },
    })
    return reply
      .type(mediaType)
      .header('content-disposition', attachmentHeader(fileName))
      .send(Readable.from(parts, { objectMode: false }))
  })
}
