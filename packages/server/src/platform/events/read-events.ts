import type { EventMessage } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import type { Db } from '../database/index.js'

/** A place in the stream of events: the writing transaction and the id within it, as `812.4507`. */
export type EventPosition = string

interface EventRow {
  readonly tx: string
  readonly id: number
  readonly kind: string
  readonly subject: string
  readonly payload: EventMessage['payload']
  readonly actor: string
  readonly at: Date
}

const positionPattern = /^(\d{1,20})\.(\d{1,19})$/

/** The position in a `Last-Event-ID`, or undefined when it is not one. */
export function parsePosition(text: string | undefined): EventPosition | undefined {
  return text !== undefined && positionPattern.test(text) ? text : undefined
}

/** Whether one position comes after another. */
export function isAfterPosition(one: EventPosition, other: EventPosition): boolean {
  const [tx = '0', id = '0'] = one.split('.')
  const [otherTx = '0', otherId = '0'] = other.split('.')
  return tx === otherTx ? BigInt(id) > BigInt(otherId) : BigInt(tx) > BigInt(otherTx)
}

function toMessage(row: EventRow): EventMessage {
  const { tx, id, kind, subject, payload, actor, at } = row
  return { id: `${tx}.${id}`, kind, subject, payload, actor, at: at.toISOString() }
}

/** Events that were read at once. */
export interface EventBatch {
  readonly events: readonly EventMessage[]
  /** There may be more to read at once. */
  readonly isFull: boolean
  /** Later ones are committed and held back, since an older transaction is open: nobody tells when it ends. */
  readonly hasHeld: boolean
}

/**
 * Events after a position, oldest first. Only those older than every open transaction: a later commit of a lower number
 * can then not be skipped.
 */
export async function readEvents(db: Db, position: EventPosition): Promise<EventBatch> {
  const [tx = '0', id = '0'] = position.split('.')
  const most = limit('events.batch_max')
  const { rows } = await sql<EventRow & { readonly is_held: boolean }>`
    select tx::text as tx, id, kind, subject, payload, actor, at, tx >= pg_snapshot_xmin(pg_current_snapshot()) as is_held
    from events where (tx, id) > (${tx}::text::xid8, ${id}::bigint) order by tx, id limit ${most}
  `.execute(db)
  const free = rows.filter(({ is_held }) => !is_held)
  return { events: free.map(toMessage), isFull: free.length === most, hasHeld: free.length < rows.length }
}

/** The newest events, newest first. */
export async function newestEvents(db: Db, count: number): Promise<readonly EventMessage[]> {
  const { rows } = await sql<EventRow>`
    select tx::text as tx, id, kind, subject, payload, actor, at from events order by id desc limit ${count}
  `.execute(db)
  return rows.map(toMessage)
}

/** Where what comes next begins: everything before it is committed and can be read. */
export async function currentPosition(db: Db): Promise<EventPosition> {
  const { rows } = await sql<{ tx: string }>`select pg_snapshot_xmin(pg_current_snapshot())::text as tx`.execute(db)
  return `${rows[0]?.tx ?? '0'}.0`
}

/** Deletes events older than the limit; returns how many. */
export async function deleteOldEvents(db: Db, now: Date): Promise<number> {
  const before = new Date(now.getTime() - limit('events.kept_days') * 86_400_000)
  const { numAffectedRows } = await sql`delete from events where at < ${before}`.execute(db)
  return Number(numAffectedRows ?? 0)
}
