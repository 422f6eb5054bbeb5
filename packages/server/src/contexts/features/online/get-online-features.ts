import { FabriqueError, type OnlineReply } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import type { KeyRow, OnlineFeatures, OnlineRead } from './online-features.js'
import { onlineReply, onlineReplyText } from './online-reply.js'

/**
 * Reads features by key. The body is checked here rather than by its schema, since that would take longer than the read. Errors:
 * `invalid_request` and those of reading.
 */
export async function getOnlineFeatures(ctx: VerbContext, online: OnlineFeatures, asked: Asked): Promise<OnlineReply> {
  const request = parseRequest(asked)
  return onlineReply(await online.read(ctx, request), request.rows)
}

/** The same as JSON. */
export async function getOnlineFeaturesText(ctx: VerbContext, online: OnlineFeatures, asked: Asked): Promise<string> {
  const request = parseRequest(asked)
  return onlineReplyText(await online.read(ctx, request), request.rows)
}

interface Asked {
  readonly project: string
  readonly body: unknown
}

function parseRequest({ project, body }: Asked): OnlineRead {
  if (!isRecord(body)) throw wrong('body', 'expected object')
  const { keys, service, features, at, ...others } = body
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw wrong(unknown, 'is not known')
  if (!Array.isArray(keys) || keys.length === 0) throw wrong('keys', 'must be a list of at least one object')
  const place = keys.findIndex((row) => !isRecord(row))
  if (place >= 0) throw wrong(`keys.${place}`, 'expected object')
  return {
    project,
    selection: { service: textOf(service, 'service'), features: textsOf(features) },
    rows: keys,
    ...(at === undefined ? {} : { at: momentOf(at) }),
  }
}

const isRecord = (value: unknown): value is KeyRow =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function textOf(value: unknown, field: string): string | undefined {
  if (value === undefined || (typeof value === 'string' && value.length <= 100)) return value
  throw wrong(field, 'must be a text of up to 100 characters')
}

/** References of features as they are sent. */
export function textsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  const isList = Array.isArray(value) && value.length > 0 && value.length <= 5_000
  if (isList && value.every((one): one is string => typeof one === 'string' && one.length <= 600)) return value
  throw wrong('features', 'must be a list of 1 to 5000 texts, as usage_30d:hours')
}

function momentOf(value: unknown): Date {
  const at = typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? new Date(value) : undefined
  if (at === undefined || Number.isNaN(at.getTime()))
    throw wrong('at', 'must be a moment in UTC, as 2026-03-01T12:00:00Z')
  return at
}

function wrong(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}
