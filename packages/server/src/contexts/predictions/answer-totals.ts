import { limit } from '../../kernel/index.js'
import type { Answerer, LogRow } from './model.js'

/** What a version answered as one variant since the start of the process. */
export interface AnswerTotal extends Answerer {
  readonly answered: number
  readonly refused: number
  readonly failed: number
  /** Answers by the bucket of their duration, as `latency-buckets.ts` has them. */
  readonly durations: ReadonlyMap<number, number>
}

interface Total extends Answerer {
  answered: number
  refused: number
  failed: number
  readonly durations: Map<number, number>
}

/** Sums of counts by version. Of many versions those stay that were added to last: a counter that begins anew is nothing that Prometheus minds. */
export class AnswerTotals {
  private readonly totals = new Map<string, Total>()

  add(counts: AnswerTotal): void {
    const { model, version, variant } = counts
    const name = JSON.stringify([model, version, variant ?? ''])
    const none = { model, version, variant, answered: 0, refused: 0, failed: 0, durations: new Map<number, number>() }
    const total = this.totals.get(name) ?? none
    total.answered += counts.answered
    total.refused += counts.refused
    total.failed += counts.failed
    for (const [bucket, count] of counts.durations) {
      total.durations.set(bucket, (total.durations.get(bucket) ?? 0) + count)
    }
    keepNewest(this.totals, name, total, limit('metrics.answerers_max'))
  }

  /** These, and what is not added yet. */
  with(others: Iterable<AnswerTotal>): readonly AnswerTotal[] {
    const all = new AnswerTotals()
    for (const total of this.totals.values()) all.add(total)
    for (const counts of others) all.add(counts)
    return [...all.totals.values()]
  }
}

/** How often a version answered a class. */
export interface ClassTotal {
  readonly model: string
  readonly version: string
  readonly class: string
  readonly count: number
}

interface Classes {
  readonly model: string
  readonly version: string
  readonly counts: Map<string, number>
}

/** What stands for the classes beyond those that are told apart. */
export const otherClass = 'other'

/**
 * Answers by class, of rows as they are written to the log: what a row stands for counts, so that a log of a part of all predictions tells of all.
 * Numbers of a regression are no classes.
 */
export class ClassTotals {
  private readonly versions = new Map<string, Classes>()

  add(rows: readonly LogRow[]): void {
    for (const { model, version, output, weight } of rows) {
      const answered = classOf(output)
      if (answered === undefined) continue
      const name = JSON.stringify([model, version])
      const found = this.versions.get(name) ?? { model, version, counts: new Map<string, number>() }
      const isTold = found.counts.has(answered) || found.counts.size < limit('metrics.classes_max')
      const told = isTold ? answered : otherClass
      found.counts.set(told, (found.counts.get(told) ?? 0) + weight)
      keepNewest(this.versions, name, found, limit('metrics.answerers_max'))
    }
  }

  read(): readonly ClassTotal[] {
    return [...this.versions.values()].flatMap(({ model, version, counts }) =>
      [...counts].map(([name, count]) => ({ model, version, class: name, count })),
    )
  }
}

const classCharsMax = 100

/** The class that an answer names, as a text. */
function classOf(output: LogRow['output']): string | undefined {
  if (typeof output !== 'object' || output === null || !('prediction' in output)) return undefined
  const { prediction } = output
  const isClass = typeof prediction === 'string' || typeof prediction === 'boolean'
  return isClass ? cutText(String(prediction)) : undefined
}

/** Cut between characters, without what a database cannot hold: the class stands there as a label. */
function cutText(text: string): string {
  // Of a long text no more is looked at than may stay.
  const chars = Array.from(text.slice(0, 2 * classCharsMax)).slice(0, classCharsMax)
  return chars
    .join('')
    .replaceAll('\0', '\ufffd')
    .replaceAll(/\p{Surrogate}/gu, '\ufffd')
}

/** Puts a value last, and drops the first where there are too many. */
function keepNewest<Value>(values: Map<string, Value>, name: string, value: Value, max: number): void {
  values.delete(name)
  values.set(name, value)
  const [oldest] = values.keys()
  if (values.size > max && oldest !== undefined) values.delete(oldest)
}
