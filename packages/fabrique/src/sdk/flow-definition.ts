import { createHash } from 'node:crypto'
import { eventCatalogue, FabriqueError, FlowDefinition, type Json, type RetryPolicy } from '@fabrique/contract'
import { Cron } from 'croner'
import { z } from 'zod'
import type { Flow } from './flow.js'
import { type FlowDuration, millisecondsOf } from './flow-duration.js'
import { retryPolicyOf } from './flow-retry.js'
import { cron, type GivenParams, type Schedule, type Trigger } from './flow-schedule.js'

/** A flow of a project as a worker's process calls it. */
export interface DeclaredFlow {
  readonly definition: FlowDefinition
  readonly flow: Flow
  /** By the name of a schedule or trigger: computes parameters from the moment, or from what started the run. */
  readonly paramsOf: ReadonlyMap<string, (told: Date | Json) => GivenParams>
}

/** The flows of a project by name. Throws `project_invalid` that names what is wrong. */
export function declareFlows(project: string, flows: readonly Flow[]): ReadonlyMap<string, DeclaredFlow> {
  const declared = new Map<string, DeclaredFlow>()
  for (const flow of flows) {
    const place = new Place(project, `flows.${flow.name}`)
    if (declared.has(flow.name)) throw place.invalid('', 'this name is declared twice')
    declared.set(flow.name, declareFlow(place, flow))
  }
  return declared
}

/** Where something is declared, for refusals. */
class Place {
  readonly #project: string
  readonly #path: string

  constructor(project: string, path: string) {
    this.#project = project
    this.#path = path
  }

  invalid(field: string, reason: string, cause?: unknown): FabriqueError {
    const at = field === '' ? this.#path : `${this.#path}.${field}`
    return new FabriqueError('project_invalid', { project: this.#project, field: at, reason }, { field: at, cause })
  }

  /** Reads a duration. */
  ms(field: string, duration: FlowDuration): number {
    const ms = millisecondsOf(duration)
    if (ms !== undefined) return ms
    throw this.invalid(field, `${JSON.stringify(duration)} is no duration as 30s, 5m, 1h or 2d`)
  }
}

function declareFlow(place: Place, flow: Flow): DeclaredFlow {
  const { options } = flow
  const schedules = listOf<string | Schedule>(options.schedule).map((one) =>
    typeof one === 'string' ? cron(one) : one,
  )
  const triggers = listOf<Trigger>(options.on)
  const names = new Set<string>()
  const paramsOf = new Map<string, (told: Date | Json) => GivenParams>()
  const paramsSchema = options.params ?? z.object({})
  /** What is stored of parameters; functions are kept here. */
  const paramsAt = (
    field: string,
    name: string,
    params: Schedule['params'] | Trigger['params'] = {},
    schema: z.ZodObject = paramsSchema,
  ) => {
    if (names.has(name)) throw place.invalid(field, `the name ${name} is there twice: give one of them another name`)
    names.add(name)
    if (typeof params === 'function') {
      // Called with what its kind of schedule or trigger tells.
      paramsOf.set(name, params as (told: Date | Json) => GivenParams)
      return { params: {}, params_by_code: true }
    }
    checkParams(place, `${field}.params`, schema, params)
    return { params: toJson(place, `${field}.params`, params), params_by_code: false }
  }
  const { retries, timeout, concurrency, priority, cache, tags, description } = options
  const given = {
    name: flow.name,
    ...(description === undefined ? {} : { description }),
    version: options.version ?? digestOf(flow, schedules, triggers),
    params_schema: schemaOf(place, paramsSchema),
    schedules: schedules.map((schedule) => {
      const { name = schedule.when.kind } = schedule
      const params = paramsAt(`schedules.${name}`, name, schedule.params)
      const { overlap = options.overlap, catchUp = options.catchUp, catchUpWindow } = schedule
      return {
        name,
        ...whenOf(place, `schedules.${name}`, schedule),
        ...(overlap === undefined ? {} : { overlap }),
        ...(catchUp === undefined ? {} : { catch_up: catchUp }),
        ...(catchUpWindow === undefined
          ? {}
          : { catch_up_window_ms: place.ms(`schedules.${name}.catchUpWindow`, catchUpWindow) }),
        ...params,
      }
    }),
    triggers: triggers.map(({ name, on, params }) => {
      const field = `on.${name}`
      if (on.kind === 'event' && !(on.event in eventCatalogue)) {
        throw place.invalid(field, `there is no event ${on.event}`)
      }
      // The body of the request to a webhook has the others.
      return {
        ...on,
        name,
        ...paramsAt(field, name, params, on.kind === 'webhook' ? paramsSchema.partial() : paramsSchema),
      }
    }),
    ...(retries === undefined
      ? {}
      : { retry: retryPolicyOf(retries, (delay) => place.ms('retries', delay)) satisfies RetryPolicy }),
    ...(timeout === undefined ? {} : { timeout_ms: place.ms('timeout', timeout) }),
    ...(concurrency === undefined ? {} : { concurrency }),
    limits: listOf<string>(options.limit),
    ...(priority === undefined ? {} : { priority }),
    ...(cache === undefined ? {} : { cache_ms: place.ms('cache', cache) }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
  }
  const parsed = FlowDefinition.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw place.invalid(z.core.toDotPath(issue?.path ?? []), issue?.message ?? '')
  }
  if (parsed.data.name === 'loop') throw place.invalid('', 'loop is the flow of models: give it another name')
  return { definition: parsed.data, flow, paramsOf }
}

const isList = <Item>(value: Item | readonly Item[]): value is readonly Item[] => Array.isArray(value)

function listOf<Item>(value: Item | readonly Item[] | undefined): readonly Item[] {
  if (value === undefined) return []
  return isList(value) ? value : [value]
}

/** The JSON Schema of parameters as people give them. */
function schemaOf(place: Place, params: z.ZodObject): Record<string, Json> {
  try {
    // A JSON Schema is JSON.
    return z.toJSONSchema(params, { io: 'input' }) as Record<string, Json>
  } catch (error) {
    throw place.invalid('params', `it has no JSON Schema: ${error instanceof Error ? error.message : error}`, error)
  }
}

function checkParams(place: Place, field: string, schema: z.ZodObject, params: GivenParams): void {
  const checked = schema.safeParse(params)
  if (checked.success) return
  const [issue] = checked.error.issues
  const at = z.core.toDotPath(issue?.path ?? [])
  throw place.invalid(at === '' ? field : `${field}.${at}`, `its parameters are refused: ${issue?.message ?? ''}`)
}

function toJson(place: Place, field: string, params: GivenParams): Record<string, Json> {
  try {
    return JSON.parse(JSON.stringify(params))
  } catch (error) {
    throw place.invalid(field, 'its parameters are not JSON', error)
  }
}

/** When a schedule is due, as it is stored. */
function whenOf(place: Place, field: string, { when }: Schedule) {
  switch (when.kind) {
    case 'cron':
      checkCron(place, field, when)
      return { cron: when.cron.trim(), timezone: when.timezone }
    case 'every':
      return {
        every_ms: place.ms(field, when.every),
        ...(when.anchor === undefined ? {} : { anchor: momentOf(place, `${field}.anchor`, when.anchor) }),
      }
    case 'at':
      return { at: momentOf(place, field, when.at) }
  }
}

function checkCron(place: Place, field: string, { cron: text, timezone }: { cron: string; timezone: string }): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch (error) {
    throw place.invalid(`${field}.timezone`, `there is no time zone ${timezone}`, error)
  }
  let next: Date | null
  try {
    next = new Cron(text.trim(), { mode: '5-or-6-parts', timezone, paused: true }).nextRun()
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
    throw place.invalid(field, `${JSON.stringify(text)} is no cron expression: ${reason}`, error)
  }
  if (next === null) throw place.invalid(field, `${JSON.stringify(text)} is never due`)
}

function momentOf(place: Place, field: string, moment: Date | string): string {
  const date = new Date(moment)
  if (!Number.isNaN(date.getTime())) return date.toISOString()
  throw place.invalid(field, `${JSON.stringify(moment)} is no moment as 2026-12-01T06:00:00Z`)
}

/** Changes with the text of the functions of a flow; that of what they call elsewhere is not seen. */
function digestOf({ body, options }: Flow, schedules: readonly Schedule[], triggers: readonly Trigger[]): string {
  const condition = typeof options.retries === 'object' ? options.retries.if : undefined
  const functions = [body, condition, ...schedules.map(({ params }) => params), ...triggers.map(({ params }) => params)]
  const texts = functions.map((one) => (typeof one === 'function' ? one.toString() : ''))
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16)
}
