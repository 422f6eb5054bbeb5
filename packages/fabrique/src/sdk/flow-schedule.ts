import type { CatchUpPolicy, Json, OverlapPolicy } from '@fabrique/contract'
import type { FlowDuration } from './flow-duration.js'

/** Parameters of a run that starts by itself. */
export type GivenParams = Readonly<Record<string, unknown>>

export interface ScheduleOptions {
  /** Unique among the schedules of the flow; `cron`, `every` or `at` by default. */
  readonly name?: string
  /** When it is due while an earlier run is open: left out (by default), waits, or the earlier one is cancelled. */
  readonly overlap?: OverlapPolicy
  /** Moments that were missed while nothing ran: none (by default), the newest, all. */
  readonly catchUp?: CatchUpPolicy
  /** Moments longer ago are not made up for; a day by default. */
  readonly catchUpWindow?: FlowDuration
  /** Or a function of the moment that it is due. */
  readonly params?: GivenParams | ((at: Date) => GivenParams)
}

/** When a flow runs by itself. */
export interface Schedule extends ScheduleOptions {
  readonly kind: 'schedule'
  readonly when:
    | { readonly kind: 'cron'; readonly cron: string; readonly timezone: string }
    | { readonly kind: 'every'; readonly every: FlowDuration; readonly anchor?: Date | string }
    | { readonly kind: 'at'; readonly at: Date | string }
}

/** At the moments of a cron expression, as `0 6 1 * *`: five fields, or six with seconds first; in a time zone, as Europe/Paris. */
export function cron(expression: string, options: ScheduleOptions & { readonly timezone?: string } = {}): Schedule {
  const { timezone = 'UTC', ...more } = options
  return { ...more, kind: 'schedule', when: { kind: 'cron', cron: expression, timezone } }
}

/** Again and again, as `30s`; counted from the anchor. */
export function every(
  interval: FlowDuration,
  options: ScheduleOptions & { readonly anchor?: Date | string } = {},
): Schedule {
  const { anchor, ...more } = options
  const when = { kind: 'every' as const, every: interval, ...(anchor === undefined ? {} : { anchor }) }
  return { ...more, kind: 'schedule', when }
}

/** Once, at a moment. */
export function at(moment: Date | string, options: ScheduleOptions = {}): Schedule {
  return { ...options, kind: 'schedule', when: { kind: 'at', at: moment } }
}

/** What an event tells, as `{ snapshot_id, dataset, … }`. */
export type EventPayload = Readonly<Record<string, Json>>

export interface TriggerOptions<Told> {
  /** Unique among the triggers of the flow; that of the event by default. */
  readonly name?: string
  /** Or a function of what started it. */
  readonly params?: GivenParams | ((told: Told) => GivenParams)
}

/** What starts a flow. */
export interface Trigger {
  readonly kind: 'trigger'
  readonly name: string
  readonly on:
    | {
        readonly kind: 'event'
        readonly event: string
        readonly where: Readonly<Record<string, string | number | boolean>>
      }
    | { readonly kind: 'webhook' }
  /** Called with what started it. */
  readonly params?: GivenParams | ((told: never) => GivenParams)
}

/** Starts a flow at each event of a kind, as `snapshot.created`; of those only whose payload has the values of `where`. */
export function onEvent(
  event: string,
  options: TriggerOptions<EventPayload> & { readonly where?: Readonly<Record<string, string | number | boolean>> } = {},
): Trigger {
  const { name = event.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'), where = {}, params } = options
  return { kind: 'trigger', name, on: { kind: 'event', event, where }, ...(params === undefined ? {} : { params }) }
}

/** Starts a flow at each request to an address of its own; a function gets the body of the request. */
export function onWebhook(name: string, options: Omit<TriggerOptions<Json>, 'name'> = {}): Trigger {
  return { ...options, kind: 'trigger', name, on: { kind: 'webhook' } }
}
