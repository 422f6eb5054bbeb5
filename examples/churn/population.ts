// The invented people of a streaming service, month by month: who they are, how they watch, and who leaves. The same seed gives the same
// people on each machine.

/** What the service knows of a person at the start of a month. */
export type User = {
  readonly user_id: string
  readonly updated_at: Date
  /** Days since they signed up. */
  readonly tenure_days: number
  readonly plan: Plan
  /** € a month */
  readonly price: number
  readonly region: Region
  readonly age_group: AgeGroup
  readonly payment_method: PaymentMethod
}

/** What a person did in a month, complete when the month is over. */
export type Usage = {
  readonly user_id: string
  /** Start of the month: what it is about, and nothing of it is known yet. */
  readonly month: Date
  /** End of the month: when it has become true. */
  readonly feature_date: Date
  /** When it reached the warehouse: hours later, of some days later. */
  readonly recorded_at: Date
  readonly hours: number
  readonly sessions: number
  readonly active_days: number
  readonly support_calls: number
  readonly failed_payments: number
}

/** Whether a person who was there at the start of a month left in its course. */
export type Label = {
  readonly user_id: string
  /** Start of the month: what is known then may be used to foresee it. */
  readonly label_date: Date
  readonly churned: boolean
}

export type Month = { readonly users: User[]; readonly features: Usage[]; readonly labels: Label[] }

export const plans = ['basic', 'standard', 'premium'] as const
export type Plan = (typeof plans)[number]
export const regions = ['idf', 'nord', 'ouest', 'est', 'sud'] as const
export type Region = (typeof regions)[number]
export const ageGroups = ['18-24', '25-34', '35-49', '50-64', '65+'] as const
export type AgeGroup = (typeof ageGroups)[number]
export const paymentMethods = ['card', 'direct_debit', 'wallet'] as const
export type PaymentMethod = (typeof paymentMethods)[number]

const hourMs = 3_600_000
/** Days of an ordinary month. */
const monthDays = 30.4
/** From this month on a rival is there, prices are higher, and people watch in shorter sessions. */
const driftMonth = 9

/** € a month, until the drift. */
export const prices: Readonly<Record<Plan, number>> = { basic: 7.99, standard: 11.99, premium: 16.99 }
const planShares: Readonly<Record<Plan, number>> = { basic: 0.45, standard: 0.38, premium: 0.17 }
/** Hours that people watch, by month of the year, January first: long evenings of winter, holidays of summer. */
const seasonOfHours = [1.12, 1.06, 1.0, 0.97, 0.92, 0.85, 0.74, 0.76, 0.96, 1.03, 1.1, 1.2]

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
}

type Person = {
  readonly id: string
  /** In months after the first month that is told of; mostly before it. */
  readonly signedUp: number
  readonly region: Region
  readonly ageGroup: AgeGroup
  readonly payment: PaymentMethod
  plan: Plan
  /** Hours that they watch in an ordinary month. */
  readonly habit: number
  /** How much a price weighs for them, around 1. */
  readonly thrift: number
  /** How they feel about the service, around 0. */
  mood: number
}

class World {
  readonly #next: () => number
  readonly #first: Date
  #born = 0
  people: Person[]

  constructor({ users, seed, first }: Population) {
    this.#next = chance(seed)
    this.#first = first
    this.people = Array.from({ length: users }, () => this.#person(this.#longAgo()))
  }

  /** One month: what is known at its start, what is done in its course, and who left. Those who left are replaced. */
  month(index: number): Month {
    const [from, to] = [monthAfter(this.#first, index), monthAfter(this.#first, index + 1)]
    const users = this.people.map((person) => userOf(person, index, from))
    const features: Usage[] = []
    const labels: Label[] = []
    const stay: Person[] = []
    for (const person of this.people) {
      const usage = this.#live(person, index)
      const leaves = this.#next() < leavingChance(person, usage, index)
      // Who leaves does so on some day, watches no more from then on, and hardly before.
      const share = leaves ? 0.1 + 0.55 * this.#next() : 1
      features.push({
        user_id: person.id,
        month: from,
        feature_date: to,
        recorded_at: new Date(to.getTime() + this.#delayHours() * hourMs),
        ...cutUsage(usage, share),
      })
      labels.push({ user_id: person.id, label_date: from, churned: leaves })
      if (!leaves) stay.push(person)
    }
    const missing = this.people.length - stay.length
    this.people = [...stay, ...Array.from({ length: missing }, () => this.#person(index + 1))]
    return { users, features, labels }
  }

  /** Mood, plan and acts of one month, as if they stayed for all of it. */
  #live(person: Person, index: number): Acts {
    const calls = this.#count(0.18 + 0.35 * Math.max(0, -person.mood))
    const failed = this.#next() < (person.payment === 'card' ? 0.05 : 0.02) ? 1 + this.#count(0.4) : 0
    person.mood = 0.9 * person.mood + 0.36 * this.#normal() - 0.28 * calls + 0.06
    if (this.#next() < 0.012) person.plan = this.#pick(planShares)
    const season = seasonOfHours[monthAfter(this.#first, index).getUTCMonth()] ?? 1
    const wish = person.habit * season * Math.exp(0.5 * person.mood + 0.2 * this.#normal())
    const hours = Math.min(400, wish * (index >= driftMonth ? 0.8 : 1))
    const sessionHours = (index >= driftMonth ? 0.75 : 1.35) * Math.exp(0.25 * this.#normal())
    const sessions = Math.max(hours > 0.3 ? 1 : 0, Math.round(hours / sessionHours))
    const days = Math.min(28, Math.round(28 * (1 - Math.exp(-sessions / 24))) + (sessions > 0 ? 1 : 0))
    return { hours, sessions, active_days: days, support_calls: calls, failed_payments: failed }
  }

  #person(signedUp: number): Person {
    this.#born += 1
    const age = this.#pick({ '18-24': 0.18, '25-34': 0.27, '35-49': 0.28, '50-64': 0.17, '65+': 0.1 })
    return {
      id: `u${String(this.#born).padStart(6, '0')}`,
      signedUp,
      region: this.#pick({ idf: 0.26, nord: 0.16, ouest: 0.18, est: 0.15, sud: 0.25 }),
      ageGroup: age,
      payment: this.#pick({ card: 0.62, direct_debit: 0.27, wallet: 0.11 }),
      plan: this.#pick(planShares),
      habit: Math.exp(2.75 + 0.6 * this.#normal() + (age === '18-24' ? 0.25 : 0)),
      thrift: Math.exp(0.35 * this.#normal() + (age === '18-24' ? 0.2 : 0)),
      mood: 0.5 * this.#normal(),
    }
  }

  /** A day in the four years before the first month; more of them lately. */
  #longAgo(): number {
    return -Math.floor(1 + 1460 * this.#next() ** 1.8) / monthDays
  }

  /** Most rows arrive within hours, three of a hundred some days late. */
  #delayHours(): number {
    return this.#next() < 0.03 ? Math.round(48 + 96 * this.#next()) : 1 + Math.round(5 * this.#next())
  }

  #normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next())
  }

  /** A number of events (Poisson, by Knuth's product). */
  #count(mean: number): number {
    const limit = Math.exp(-mean)
    let product = this.#next()
    let count = 0
    while (product > limit) {
      count += 1
      product *= this.#next()
    }
    return count
  }

  #pick<Name extends string>(shares: Readonly<Record<Name, number>>): Name {
    let rest = this.#next()
    let last: Name | undefined
    for (const name in shares) {
      last = name
      rest -= shares[name]
      if (rest < 0) break
    }
    if (last === undefined) throw new Error('Nothing to pick from')
    return last
  }
}

type Acts = Pick<Usage, 'hours' | 'sessions' | 'active_days' | 'support_calls' | 'failed_payments'>

/** The first moment of a month so many months after another, in UTC. */
export function monthAfter(first: Date, months: number): Date {
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + months, 1))
}

function priceOf(plan: Plan, index: number): number {
  return Math.round(prices[plan] * (index >= driftMonth ? 1.18 : 1) * 100) / 100
}

function userOf(person: Person, index: number, from: Date): User {
  return {
    user_id: person.id,
    updated_at: from,
    tenure_days: Math.round((index - person.signedUp) * monthDays),
    plan: person.plan,
    price: priceOf(person.plan, index),
    region: person.region,
    age_group: person.ageGroup,
    payment_method: person.payment,
  }
}

/** People leave who watch little, are cross, could not pay, or are new; after the drift also who finds it too dear. */
function leavingChance(person: Person, acts: Acts, index: number): number {
  const tenureMonths = index - person.signedUp
  const isDear = index >= driftMonth ? 1 : 0
  const logit =
    -4.3 -
    1.7 * person.mood -
    0.75 * (Math.log1p(person.habit) - 2.8) +
    0.3 * acts.support_calls +
    0.9 * acts.failed_payments +
    1.5 * Math.exp(-tenureMonths / 6) +
    0.35 * (person.plan === 'basic' ? 1 : 0) -
    0.3 * (person.payment === 'direct_debit' ? 1 : 0) +
    isDear * (0.45 + 0.9 * (person.thrift - 1) + 0.5 * (person.plan === 'premium' ? 1 : 0))
  return 1 / (1 + Math.exp(-logit))
}

function cutUsage(acts: Acts, share: number): Acts {
  return {
    ...acts,
    hours: Math.round(acts.hours * share * 100) / 100,
    sessions: Math.round(acts.sessions * share),
    active_days: Math.round(acts.active_days * share),
  }
}

export type Population = {
  readonly users: number
  readonly seed: number
  /** A moment in the first month; who lives and leaves does not depend on it, only the season of what they watch does. */
  readonly first: Date
}

/** So many months, one after the other. */
export function* monthsOf({ months, ...population }: Population & { readonly months: number }): Generator<Month> {
  const world = new World(population)
  for (let index = 0; index < months; index += 1) yield world.month(index)
}
