import { FabriqueError, type MetricKind, type MetricReading, type MetricsQuery } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { type Level, levels } from './model.js'
import type { Grouping, Labels, Steps } from './steps.js'

/** What a chart asks for, checked. */
export interface Question extends Grouping {
  readonly name: string
  readonly labels: Labels
  readonly steps: Steps
  /** What is kept of that time. */
  readonly level: Level
  readonly read: MetricReading | undefined
  readonly quantile: number
}

function refuse(field: string, reason: string, reason_fr: string): never {
  throw new FabriqueError('invalid_request', { field, reason, reason_fr }, { field })
}

/** `handler=/predict,method=POST`; `\,` stands for a comma. */
export function labelsOf(text: string): Labels {
  const parts = text.split(/(?<!\\),/).filter((part) => part.trim() !== '')
  return Object.fromEntries(
    parts.map((part) => {
      const [, name, value] = /^\s*([a-zA-Z_]\w*)\s*=(.*)$/s.exec(part) ?? []
      if (name === undefined || value === undefined) {
        refuse('labels', `${JSON.stringify(part)} is no NAME=VALUE`, `${JSON.stringify(part)} n’est pas NOM=VALEUR`)
      }
      return [name, value.trim().replaceAll('\\,', ',')]
    }),
  )
}

/** Steps that people know, in seconds. */
const wholeSteps = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400]
const pointsAimed = 300

/** Throws `invalid_request`. */
export function questionOf(query: MetricsQuery, now: Date): Question {
  const to = query.to === undefined ? now : new Date(query.to)
  const from = query.from === undefined ? new Date(to.getTime() - 3_600_000) : new Date(query.from)
  const range = (to.getTime() - from.getTime()) / 1000
  if (range <= 0) refuse('to', 'it must be after from', 'il doit être après from')
  const age = now.getTime() - from.getTime()
  const ageLevel =
    age <= limit('metrics.history_fine_ms')
      ? levels[0]
      : age <= limit('metrics.history_minutes_ms')
        ? levels[1]
        : levels[2]
  const chosen = query.step_s ?? wholeSteps.find((step) => range / step <= pointsAimed) ?? 86_400
  const seconds = Math.ceil(chosen / ageLevel) * ageLevel
  const level = [...levels].reverse().find((one) => one >= ageLevel && seconds % one === 0) ?? ageLevel
  const begin = Math.floor(from.getTime() / 1000 / seconds) * seconds
  const count = Math.ceil((to.getTime() / 1000 - begin) / seconds)
  const max = limit('metrics.query_points_max')
  if (count > max) {
    refuse(
      'step_s',
      `gives ${count} steps, at most ${max} are drawn`,
      `donne ${count} pas, ${max} au plus sont dessinés`,
    )
  }
  const { name, read, quantile, aggregate, by } = query
  return {
    name,
    labels: labelsOf(query.labels),
    steps: { from: begin, seconds, count },
    level,
    read,
    quantile,
    aggregate,
    by: namesOf(by),
  }
}

/** Names of labels. They stand in the question to Prometheus as they are. */
function namesOf(by: string): readonly string[] {
  const names = by
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  const wrong = names.find((one) => !/^[a-zA-Z_]\w*$/.test(one))
  if (wrong === undefined) return names
  refuse(
    'by',
    `${JSON.stringify(wrong)} is no name of a label`,
    `${JSON.stringify(wrong)} n’est pas un nom d’étiquette`,
  )
}

/** How a metric of a kind is read; refuses what its kind does not have. */
export function readingOf(kind: MetricKind, { read, name }: Pick<Question, 'read' | 'name'>): MetricReading {
  const [usual, ...others] = readings[kind]
  if (read === undefined || read === usual) return usual
  if (!others.includes(read)) {
    const list = readings[kind].join(', ')
    refuse('read', `${name} is a ${kind}, which has ${list}`, `${name} est de la sorte ${kind}, qui a ${list}`)
  }
  return read
}

const readings: Readonly<Record<MetricKind, readonly [MetricReading, ...MetricReading[]]>> = {
  gauge: ['value', 'min', 'max'],
  counter: ['rate', 'increase'],
  histogram: ['quantile', 'rate', 'increase'],
}
