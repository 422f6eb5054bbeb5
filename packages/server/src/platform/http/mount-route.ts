import type { Route } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema, RouteHandlerMethod } from 'fastify'
import { z } from 'zod'
import { compressed, uncompressed } from './compress-replies.js'
import type { RequestTarget } from './refuse-late.js'

/** What a handler gets: the parsed parts of the request. */
export interface RouteCall<Path extends string, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: { readonly [Name in ParamNames<Path>]: string }
  readonly query: z.output<Query>
  readonly body: z.output<Body>
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

export interface MountOptions {
  /** True where the handler checks the request itself, for better messages or speed; the schemas only describe it. */
  readonly ownParsing?: boolean
  /** True where it answers predictions: for the rates of those. */
  readonly predicts?: boolean
  /** What such a request goes to, where the path does not say it. */
  readonly targetOf?: (request: FastifyRequest) => RequestTarget | undefined
  /** True where such a request is computed apart from predictions. */
  readonly isApart?: boolean
}

function paramsSchema(path: string): z.ZodType {
  const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
  return z.object(Object.fromEntries(names.map((name) => [name, z.string().min(1).max(500)])))
}

/** A body that comes as a stream: described, not checked. */
const bytes = z.any().meta({ type: 'string', format: 'binary' })

/** Predictions are small and must be quick; bytes are sent as they are stored. */
function isCompressible({ tag, replyType }: { readonly tag: string; readonly replyType?: string }): boolean {
  return tag !== 'predictions' && (replyType === undefined || replyType === 'text/csv')
}

/**
 * Serves a route of the contract. What the contract says of it (query, body, reply, summary) is checked and stands in the
 * OpenAPI document. The handler returns the reply, or sends a stream itself.
 */
export function mountRoute<
  Path extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Reply extends z.ZodType,
>(
  app: FastifyInstance,
  route: Route<Path, Query, Body, Reply>,
  handler: (call: RouteCall<Path, Query, Body>) => Promise<z.output<Reply> | FastifyReply>,
  options: MountOptions = {},
): void {
  // The types of the contract hold here, not those that Fastify would derive from the schemas.
  const handle: RouteHandlerMethod = async (request, reply): Promise<unknown> =>
    handler({
      params: request.params as RouteCall<Path, Query, Body>['params'],
      query: request.query as z.output<Query>,
      body: request.body as z.output<Body>,
      request,
      reply,
    })
  const schema: FastifySchema = {
    summary: route.summary,
    tags: [route.tag],
    ...(route.path.includes(':') ? { params: paramsSchema(route.path) } : {}),
    ...(route.query ? { querystring: route.query } : {}),
    ...(route.body ? { body: route.body } : {}),
    ...(route.permission === 'public' ? { security: [] } : {}),
    ...(route.bodyType === undefined ? {} : { consumes: [route.bodyType], body: bytes }),
    response: {
      ...(route.redirects === true ? { 303: z.string().meta({ description: 'The browser goes on to Location' }) } : {}),
      200: route.reply ?? z.string().meta({ description: `A stream of ${route.replyType ?? 'bytes'}` }),
      ...(route.mayGoOn === true ? { 202: route.reply } : {}),
    },
  }
  app.route({
    method: route.method,
    url: route.path,
    schema,
    handler: handle,
    ...(isCompressible(route) ? compressed : uncompressed),
    config: {
      access: route.permission,
      ...(options.predicts === true ? { predicts: true } : {}),
      ...(options.targetOf === undefined ? {} : { targetOf: options.targetOf }),
      ...(options.isApart === true ? { isApart: true } : {}),
    },
    ...(options.ownParsing ? { validatorCompiler: () => (value: unknown) => ({ value }) } : {}),
  })
}
