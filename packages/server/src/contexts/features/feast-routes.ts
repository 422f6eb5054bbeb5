import { FabriqueError, type FeatureViewDefinition, type Job, PushRequest } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { limit } from '../../kernel/index.js'
import { type ContextOf, parseInput } from '../../platform/index.js'
import { waitForJob } from '../jobs/index.js'
import { getFeastFeatures } from './online/feast-features.js'
import { pushFeatures } from './online/push-features.js'
import type { OnlineParts } from './online/routes.js'
import { startMaterialize } from './online/start-materialize.js'
import { findView } from './registry/store.js'

const json = 'application/json; charset=utf-8'

/**
 * The paths and shapes of Feast's feature server, so that its clients read features here. Feast has one project for each server: here
 * `?project=` says which, or the only one that has the view or service is meant. The source of a push is the view.
 */
export function mountFeastRoutes(app: FastifyInstance, contextOf: ContextOf, parts: OnlineParts): void {
  const { store, features, rowCondition: row_condition } = parts
  mountFeastReads(app, contextOf, parts)

  const push = async (request: FastifyRequest, name: 'push_source_name' | 'feature_view_name') => {
    const ctx = contextOf(request)
    const view = requiredText(request.body, name)
    const { df, to = 'online' } = recordOf(request.body)
    const owner = project(request) ?? (await features.projectOf(ctx, 'feature_views', view))
    const applied = await findView(ctx, { project: owner, name: view })
    const rows = rowsOf(applied === undefined ? df : ownNames(recordOf(df), applied.definition))
    const asked = parseInput(PushRequest, { rows, to: to === 'online_and_offline' ? 'both' : to })
    await pushFeatures({ ctx, input: { project: owner, view, request: asked, store, row_condition } })
    features.forgetPlans()
  }
  app.post(
    '/push',
    { config: writes, schema: described('Send rows of an application, in the shape of Feast') },
    async (request, reply) => {
      await push(request, 'push_source_name')
      return reply.send()
    },
  )
  app.post(
    '/write-to-online-store',
    { config: writes, schema: described('The same by the name of a view') },
    async (request, reply) => {
      await push(request, 'feature_view_name')
      return reply.type(json).send('null')
    },
  )

  const materialize = async (request: FastifyRequest, reply: FastifyReply) => {
    const ctx = contextOf(request)
    const { start_ts, end_ts, feature_views, disable_event_timestamp } = recordOf(request.body)
    const isWhole = disable_event_timestamp === true
    const views = Array.isArray(feature_views) && feature_views.length > 0 ? feature_views.map(String) : undefined
    const named = project(request)
    if (named === undefined && views === undefined)
      throw wrong('feature_views', 'name views, or the project: ?project=NAME')
    const owner = named ?? (await features.projectOf(ctx, 'feature_views', views?.[0] ?? ''))
    const job: Job = await startMaterialize({
      ctx,
      input: {
        project: owner,
        request: {
          ...(views === undefined ? {} : { views }),
          ...(isWhole || start_ts === undefined || start_ts === null ? {} : { start: momentOf(start_ts, 'start_ts') }),
          ...(isWhole || end_ts === undefined || end_ts === null ? {} : { end: momentOf(end_ts, 'end_ts') }),
        },
      },
    })
    const accepted = { status: 'accepted', ...(views === undefined ? {} : { feature_views: views }), job_id: job.id }
    if (textOf(request.query, 'async') === 'true') return reply.code(202).send(accepted)
    // As Feast the answer comes when it is done; what takes longer than a request may goes on.
    const { state } = await waitForJob({ ctx, input: { job: job.id, wait_ms: limit('features.feast_wait_ms') } })
    features.forgetPlans()
    return state === 'succeeded' ? reply.type(json).send('null') : reply.code(202).send(accepted)
  }
  app.post(
    '/materialize',
    { config: writes, schema: described('Bring values of a range of time to the online store, as Feast') },
    materialize,
  )
  app.post(
    '/materialize-incremental',
    { config: writes, schema: described('Bring what is new to the online store, as Feast') },
    materialize,
  )
}

/** The client of Feast names the two moments of a row always alike, whatever the columns of the view are. */
function ownNames(
  columns: Readonly<Record<string, unknown>>,
  { time, created, features, keys }: FeatureViewDefinition,
): Readonly<Record<string, unknown>> {
  const taken = new Set([
    time,
    created,
    ...Object.values(keys),
    ...features.flatMap(({ name, column }) => [name, column]),
  ])
  return Object.fromEntries(
    Object.entries(columns).flatMap(([name, values]) => {
      if (taken.has(name)) return [[name, values]]
      if (name === 'event_timestamp' && columns[time] === undefined) return [[time, values]]
      if (name !== 'created') return [[name, values]]
      return created === undefined ? [] : [[created, values]]
    }),
  )
}

/** Asked before the body is looked at. */
const writes = { access: 'features.write' } as const
const described = (summary: string): FastifySchema => ({ summary, tags: ['features'] })
const project = (request: FastifyRequest) => textOf(request.query, 'project')

/** The read alone, for servers that answer predictions only. */
export function mountFeastReads(
  app: FastifyInstance,
  contextOf: ContextOf,
  { features }: Pick<OnlineParts, 'features'>,
): void {
  app.post(
    '/get-online-features',
    { schema: described('Features by key, in the shape of Feast') },
    async (request, reply) => {
      const found = await getFeastFeatures(contextOf(request), features, {
        project: project(request),
        body: request.body,
      })
      return reply.type(json).send(found)
    },
  )
}

/** Columns as rows. */
function rowsOf(df: unknown): readonly Record<string, unknown>[] {
  const columns = Object.entries(recordOf(df)).map(([name, values]) => {
    if (!Array.isArray(values)) throw wrong(`df.${name}`, 'must be a list')
    return [name, values] as const
  })
  const length = columns[0]?.[1].length ?? 0
  const uneven = columns.find(([, values]) => values.length !== length)
  if (uneven !== undefined) throw wrong(`df.${uneven[0]}`, `must have ${length} values as the others`)
  return Array.from({ length }, (_, place) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[place]])),
  )
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw wrong('body', 'expected object')
}

function textOf(value: unknown, name: string): string | undefined {
  const found = typeof value === 'object' && value !== null ? recordOf(value)[name] : undefined
  return typeof found === 'string' && found !== '' ? found : undefined
}

function requiredText(body: unknown, name: string): string {
  const found = textOf(body, name)
  if (found === undefined) throw wrong(name, 'must be a text')
  return found
}

/** Moments come with or without a zone; those without are in UTC. */
function momentOf(value: unknown, field: string): string {
  const text = typeof value === 'string' ? value.trim().replace(' ', 'T') : ''
  const at = new Date(/(Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`)
  if (text === '' || Number.isNaN(at.getTime())) throw wrong(field, 'must be a moment, as 2026-03-01T12:00:00Z')
  return at.toISOString()
}

function wrong(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}
