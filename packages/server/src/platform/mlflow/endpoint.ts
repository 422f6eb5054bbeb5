import type { Readable } from 'node:stream'
import type { Permission } from '@fabrique/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { VerbContext } from '../verbs/index.js'
import type { MlflowParams } from './params.js'

/** What the handler of an endpoint gets. */
export interface MlflowCall {
  readonly ctx: VerbContext
  /** The query of a GET, else the JSON body; values of `:names` in the path stand beside them. */
  readonly params: MlflowParams
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** A JSON object. Members that are undefined are left out, as the protocol omits unset fields. Long ones are `JsonText`. */
export type MlflowReply = object

/** A reply that is JSON already, whole or in parts: it is sent as it is. */
export class JsonText {
  readonly text: string | Buffer | Readable

  constructor(text: string | Buffer | Readable) {
    this.text = text
  }
}

/** One call of the protocol. */
export interface MlflowEndpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api/<version>/mlflow/`, as `runs/create` or `logged-models/:model_id`. */
  readonly path: string
  /** Versions of the prefix; 2.0 when absent. */
  readonly versions?: readonly ('2.0' | '3.0')[]
  /** True for a path that only pages call: below `/ajax-api` and not below `/api`. */
  readonly ajaxOnly?: boolean
  /** Where it looks at something before it changes it: what one must be allowed to do to come that far. */
  readonly access?: Permission
  handle(call: MlflowCall): Promise<MlflowReply>
}

/** Lists endpoints with their types checked. */
export function defineMlflowEndpoints(endpoints: readonly MlflowEndpoint[]): readonly MlflowEndpoint[] {
  return endpoints
}

/** Every address of an endpoint: for programs, and its twin for pages. */
export function endpointUrls(endpoint: MlflowEndpoint): readonly string[] {
  const roots = endpoint.ajaxOnly === true ? ['/ajax-api'] : ['/api', '/ajax-api']
  const versions = endpoint.versions ?? ['2.0']
  return roots.flatMap((root) => versions.map((version) => `${root}/${version}/mlflow/${endpoint.path}`))
}
