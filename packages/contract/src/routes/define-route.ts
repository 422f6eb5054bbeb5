import type { z } from 'zod'
import type { Permission } from '../permissions.js'

type PathParam<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathParam<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

/** Values of the `:names` of a path. */
export type PathParams<Path extends string> = { readonly [Name in PathParam<Path>]: string }

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One route of our own API: the source for the server, the clients, the OpenAPI document and the pages. */
export interface Route<
  Path extends string = string,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  readonly method: HttpMethod
  readonly path: Path
  readonly summary: string
  readonly tag: string
  /** `public` where nobody needs to log in. */
  readonly permission: Permission | 'public'
  readonly query?: Query
  readonly body?: Body
  /** Where the body is a stream of bytes: its media type. */
  readonly bodyType?: string
  /** Absent where the reply is a stream: then `replyType` names its media type. */
  readonly reply?: Reply
  readonly replyType?: string
  /** Whether it also answers 202 with the same reply: what was asked for goes on. */
  readonly mayGoOn?: true
  /** Whether it sends a browser on to another address instead of answering. */
  readonly redirects?: true
}

/** Declares a route; the types of its path, query, body and reply follow from what is given. */
export function defineRoute<
  const Path extends string,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Reply extends z.ZodType = z.ZodUndefined,
>(route: Route<Path, Query, Body, Reply>): Route<Path, Query, Body, Reply> {
  return route
}

/** The address of a route with its path values filled in and encoded. A value with `/` keeps it where the path ends in `*`. */
export function routePath<Path extends string>(route: { readonly path: Path }, params: PathParams<Path>): string {
  const values = params as Readonly<Record<string, string>>
  return route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
}
