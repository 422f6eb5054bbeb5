import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { authorise, type VerbContext } from '../../../platform/index.js'
import { coalesceReads } from './coalesce-reads.js'
import { castKey, encodeKey } from './encode-key.js'
import { findProject } from './find-project.js'
import { type FoundRow, foundAt } from './found-row.js'
import type { OnlineStore } from './model.js'
import { type PlannedView, planRead, type ReadPlan, refuseClash, type Selection } from './read-plan.js'

/** Values of the keys of a row by name, as they came. */
export type KeyRow = Readonly<Record<string, unknown>>

export interface OnlineRead {
  readonly project: string
  readonly selection: Selection
  readonly rows: readonly KeyRow[]
  /** Two features of one name are told apart by their views. */
  readonly fullNames?: boolean
  /** Reads as if it were then. */
  readonly at?: Date
}

/** What was read: for each view of the plan what each row has, in the order of the rows. */
export interface OnlineFound {
  readonly plan: ReadPlan
  readonly views: readonly (readonly (FoundRow | undefined)[])[]
}

/** Features by key out of the online store. */
export interface OnlineFeatures {
  /**
   * Errors: those of `planRead`, `feature_key_missing`, `feature_key_type`, `feature_name_clash`, `invalid_request`,
   * `online_store_unavailable`, `database_unavailable`.
   */
  read(ctx: VerbContext, request: OnlineRead): Promise<OnlineFound>
  /** The one project that has a view or a service of this name. Errors: those of `findProject`. */
  projectOf(ctx: VerbContext, kind: 'feature_views' | 'feature_services', name: string): Promise<string>
  /** Called when what is applied or readable changed. */
  forgetPlans(): void
}

/** Answers that are kept; with one more they begin anew. */
const answersMax = 5_000

export function onlineFeatures(store: OnlineStore): OnlineFeatures {
  const readRows = coalesceReads(store)
  const plans = keptAnswers<ReadPlan>()
  const projects = keptAnswers<string>()

  const planOf = (ctx: VerbContext, { project, selection, fullNames }: OnlineRead): Promise<ReadPlan> =>
    plans.get(ctx, JSON.stringify([project, selection.service, selection.features, fullNames]), async () => {
      const made = await planRead(ctx, project, selection)
      if (fullNames !== true) refuseClash(made)
      return made
    })

  return {
    async read(ctx, request) {
      authorise(ctx.actor, 'features.read')
      const { rows, at } = request
      checkCount('keys', rows.length, limit('features.online_rows_max'))
      const plan = await planOf(ctx, request)
      checkCount('features', rows.length * plan.features.length, limit('features.online_values_max'))
      const now = at ?? ctx.clock.now()
      const atUs = now.getTime() * 1_000
      // A clock that is behind that of an application that pushed does not hide what came from there.
      const validUs = at === undefined ? atUs + limit('features.push_skew_seconds') * 1_000_000 : atUs
      const keys = plan.views.map((view) => keysOf(view, rows))
      const wanted = plan.views.map(({ id }, place) => ({
        version: id,
        keys: (keys[place] ?? []).filter((key) => key !== undefined),
      }))
      const found = await readRows(wanted)
      const views = plan.views.map(({ ttlUs }, place) => {
        const steps = found[place] ?? []
        let next = 0
        return (keys[place] ?? []).map((key): FoundRow | undefined => {
          if (key === undefined) return undefined
          const text = steps[next]
          next += 1
          return text === undefined ? undefined : foundAt(text, { atUs, validUs, ttlUs })
        })
      })
      return { plan, views }
    },
    projectOf: (ctx, kind, name) => projects.get(ctx, `${kind}/${name}`, () => findProject(ctx, kind, name)),
    forgetPlans() {
      plans.forget()
      projects.forget()
    },
  }
}

interface KeptAnswers<Answer> {
  get(ctx: VerbContext, key: string, find: () => Promise<Answer>): Promise<Answer>
  forget(): void
}

/** Answers that are found once and kept for a while. */
function keptAnswers<Answer>(): KeptAnswers<Answer> {
  let answers = new Map<string, { readonly answer: Promise<Answer>; readonly foundMs: number }>()
  return {
    get(ctx, key, find) {
      const now = ctx.clock.monotonicMs()
      const known = answers.get(key)
      if (known !== undefined && now - known.foundMs < limit('features.plan_kept_ms')) return known.answer
      if (answers.size >= answersMax) answers = new Map()
      const kept = { answer: find(), foundMs: now }
      answers.set(key, kept)
      // What failed is tried again by the next.
      kept.answer.catch(() => {
        if (answers.get(key) === kept) answers.delete(key)
      })
      return kept.answer
    },
    forget() {
      answers = new Map()
    },
  }
}

function checkCount(field: string, count: number, most: number): void {
  if (count <= most) return
  throw new FabriqueError(
    'invalid_request',
    { field, reason: `${count} are asked for, the limit is ${most}` },
    { field },
  )
}

/** The text of the keys of each row; undefined for null, which equals nothing. */
function keysOf(view: PlannedView, rows: readonly KeyRow[]): readonly (string | undefined)[] {
  const { name, keys } = view
  return rows.map((row, place) => {
    const parts = keys.map((key) => {
      const value = Object.hasOwn(row, key.name) ? row[key.name] : undefined
      if (value !== undefined) return castKey(value, key, name)
      throw new FabriqueError(
        'feature_key_missing',
        { row: place + 1, key: key.name, view: name, keys: keys.map((one) => one.name).join(', ') },
        { field: `keys.${place}.${key.name}` },
      )
    })
    const known = parts.filter((part) => part !== undefined)
    return known.length === parts.length ? encodeKey(known) : undefined
  })
}

/** Texts of moments: the rows of a view have few, as the ends of months. */
let momentTexts = new Map<number, string>()
const momentsMax = 2_000

/** A moment as JSON of proto3 has it: with as many groups of three digits as it needs. */
export function momentText(us: number): string {
  const known = momentTexts.get(us)
  if (known !== undefined) return known
  if (momentTexts.size >= momentsMax) momentTexts = new Map()
  const text = newMomentText(us)
  momentTexts.set(us, text)
  return text
}

function newMomentText(us: number): string {
  const seconds = Math.floor(us / 1_000_000)
  const rest = us - seconds * 1_000_000
  const whole = new Date(seconds * 1_000).toISOString().slice(0, -5)
  if (rest === 0) return `${whole}Z`
  return rest % 1_000 === 0
    ? `${whole}.${String(rest / 1_000).padStart(3, '0')}Z`
    : `${whole}.${String(rest).padStart(6, '0')}Z`
}
