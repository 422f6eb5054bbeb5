import { type EventKind, type EventPayload, eventCatalogue, FabriqueError, type Permission } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { assert, type Clock, type Ids } from '../../kernel/index.js'
import type { BlobStore } from '../blobs/index.js'
import { type Db, toDatabaseError } from '../database/index.js'
import type { DataEngine } from '../duckdb/index.js'
import type { Log } from '../logs/index.js'
import { type Actor, authorise } from './actor.js'

/** What every verb may use: who asks, and the parts of the platform. */
export interface VerbContext {
  readonly actor: Actor
  readonly db: Db
  /** Set inside a transaction, so that verbs called by a verb join it. */
  readonly inTransaction?: true
  readonly blobs: BlobStore
  readonly data: DataEngine
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly requestId?: string
  readonly signal?: AbortSignal
}

/** One committed change: the entry of the audit trail and the event that others hear. */
export interface ChangeRecord<Kind extends EventKind> {
  /** What was changed, as `models/iris`. */
  readonly subject: string
  readonly event: Kind
  readonly payload: EventPayload<Kind>
  readonly reason?: string
}

/** Writes the audit entry and the event of a change in its transaction. */
export type RecordChange = <Kind extends EventKind>(change: ChangeRecord<Kind>) => Promise<void>

interface VerbSpec<Input extends z.ZodType> {
  /** As `tracking.create_run`; stands in the audit trail. */
  readonly name: string
  readonly permission: Permission
  readonly input: Input
}

interface Call<Input extends z.ZodType> {
  readonly ctx: VerbContext
  readonly input: z.input<Input>
}

/** A verb: called with its context and input; authorises, parses, acts. */
export type Verb<Input extends z.ZodType, Output> = (call: Call<Input>) => Promise<Output>

/** Parses the input of a verb or a request; throws `invalid_request` that names the field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = issue === undefined ? '' : z.core.toDotPath(issue.path)
  const reason = (issue?.message ?? 'invalid').replace(/^Invalid input: /, '')
  throw new FabriqueError('invalid_request', { field: field === '' ? 'body' : field, reason }, { field })
}

/** A verb that only reads. */
export function readVerb<Input extends z.ZodType, Output>(
  spec: VerbSpec<Input> & { run(args: { ctx: VerbContext; input: z.output<Input> }): Promise<Output> },
): Verb<Input, Output> {
  return async ({ ctx, input }) => {
    authorise(ctx.actor, spec.permission)
    const parsed = parseInput(spec.input, input)
    try {
      return await spec.run({ ctx, input: parsed })
    } catch (error) {
      throw toDatabaseError(error)
    }
  }
}

/**
 * A verb that changes state, in one transaction with its audit entry and event. A run that changes something without
 * recording it is a bug and is rolled back; one that finds nothing to change calls `unchanged()`.
 */
export function changeVerb<Input extends z.ZodType, Output>(
  spec: VerbSpec<Input> & {
    run(args: {
      ctx: VerbContext
      input: z.output<Input>
      record: RecordChange
      unchanged: () => void
    }): Promise<Output>
  },
): Verb<Input, Output> {
  return async ({ ctx, input }) => {
    authorise(ctx.actor, spec.permission)
    const parsed = parseInput(spec.input, input)
    try {
      return await inTransaction(ctx, async (inner) => {
        let accounted = false
        const output = await spec.run({
          ctx: inner,
          input: parsed,
          record: async (change) => {
            accounted = true
            await writeRecord(inner, spec.name, change)
          },
          unchanged: () => {
            accounted = true
          },
        })
        assert(accounted, `Verb ${spec.name} ended without recording its change`)
        return output
      })
    } catch (error) {
      throw toDatabaseError(error)
    }
  }
}

/**
 * A verb made of other verbs and of work that must not hold a transaction open, such as reading a file. It authorises
 * and parses; the changes are recorded by the verbs it calls.
 */
export function taskVerb<Input extends z.ZodType, Output>(
  spec: VerbSpec<Input> & { run(args: { ctx: VerbContext; input: z.output<Input> }): Promise<Output> },
): Verb<Input, Output> {
  return readVerb(spec)
}

/** Runs an action in a transaction; joins the one of the context when there is one. */
export async function inTransaction<Output>(
  ctx: VerbContext,
  action: (inner: VerbContext) => Promise<Output>,
): Promise<Output> {
  if (ctx.inTransaction) return action(ctx)
  return ctx.db.transaction().execute((tx) => action({ ...ctx, db: tx, inTransaction: true }))
}

async function writeRecord<Kind extends EventKind>(
  ctx: VerbContext,
  verb: string,
  change: ChangeRecord<Kind>,
): Promise<void> {
  const payload = JSON.stringify(eventCatalogue[change.event].parse(change.payload))
  const at = ctx.clock.now()
  // One round trip for the audit entry, the event and the wake-up of those who listen.
  await sql`
    with entry as (
      insert into audit (at, actor, verb, subject, request_id, reason, detail)
      values (${at}, ${ctx.actor.id}, ${verb}, ${change.subject}, ${ctx.requestId ?? null}, ${change.reason ?? ''}, ${payload})
    ), event as (
      insert into events (kind, subject, payload, actor, at)
      values (${change.event}, ${change.subject}, ${payload}, ${ctx.actor.id}, ${at})
    )
    select pg_notify('fabrique_events', ${change.event})
  `.execute(ctx.db)
}
