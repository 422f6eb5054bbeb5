import { routeTable } from 'virtual:route-table'
import type { PathParams, RouteName, routes } from '@fabrique/contract'
import { currentCatalogue, currentLanguage } from '../i18n/language.js'
import { ApiProblem, readProblem } from './api-problem.js'
import { goToLogin } from './login-needed.js'

type Routes = typeof routes
type Output<Schema> = Schema extends { readonly _zod: { readonly output: infer Value } } ? Value : never
type Input<Schema> = Schema extends { readonly _zod: { readonly input: infer Value } } ? Value : never
type ReplyOf<Name extends RouteName> = Output<NonNullable<Routes[Name]['reply']>>
type BodyOf<Name extends RouteName> = Input<NonNullable<Routes[Name]['body']>>

export interface Call<Name extends RouteName> {
  readonly params?: PathParams<Routes[Name]['path']>
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: BodyOf<Name>
  readonly signal?: AbortSignal
}

/** The table has each route as one text: it is part of the first view. */
function routeOf(name: RouteName): { readonly method: string; readonly path: string } {
  const [method = '', path = ''] = routeTable[name].split(' ')
  return { method, path }
}

/** The address of a route on this server. */
export function apiPath<Name extends RouteName>(
  name: Name,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const path = routeOf(name).path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''))
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value))
  return search.size === 0 ? path : `${path}?${search}`
}

/** Sends a request to any address of this server; failures are `ApiProblem`. */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('accept-language', currentLanguage())
  let reply: Response
  try {
    reply = await fetch(path, { ...init, headers })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    const { unreachable, unreachableHint } = currentCatalogue().problems
    throw new ApiProblem({ code: 'server_unreachable', status: 0, message: unreachable, hint: unreachableHint, cause })
  }
  if (!reply.ok) {
    const problem = await readProblem(reply)
    if (problem.status === 401) goToLogin(problem.code)
    throw problem
  }
  return reply
}

/** Calls a route of the contract; parameters, body and reply are typed by it. */
export async function call<Name extends RouteName>(name: Name, options: Call<Name> = {}): Promise<ReplyOf<Name>> {
  const { params, query, body, signal } = options
  const reply = await send(apiPath(name, params as Readonly<Record<string, string>> | undefined, query), {
    method: routeOf(name).method,
    ...(signal === undefined ? {} : { signal }),
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  const value: unknown = await reply.json()
  return value as ReplyOf<Name>
}
