import type { AnswerFigures } from '@fabrique/contract'
import type { ChartLine } from '../../components/charts/line-chart.jsx'
import type { percentiles } from '../../routing/search.js'

export type Percentile = (typeof percentiles)[number]

export interface FigureLines {
  readonly rate: readonly ChartLine[]
  /** In milliseconds. */
  readonly durations: readonly ChartLine[]
  readonly errors: readonly ChartLine[]
}

/** The name of what answered: a version, or a variant of a roll-out, whose tag ends with its name. */
export function answererName({ version, variant }: Pick<AnswerFigures, 'version' | 'variant'>): string {
  return variant === undefined ? `v${version}` : `v${version} ${variant.split('/')[1] ?? variant}`
}

/** Figures by version as lines over time; a span without requests is a gap of durations, and no requests. */
export function figureLines(
  figures: readonly AnswerFigures[],
  { stepSeconds, percentile }: { readonly stepSeconds: number; readonly percentile: Percentile },
): FigureLines {
  const moments = [...new Set(figures.map(({ from }) => from))].sort()
  const xs = moments.map((from) => Date.parse(from) / 1000)
  const names = [...new Set(figures.map(answererName))].sort()
  const lineOf = (name: string, index: number, read: (one: AnswerFigures | undefined) => number | null): ChartLine => {
    const own = new Map<string, AnswerFigures>()
    for (const one of figures) if (answererName(one) === name) own.set(one.from, together(own.get(one.from), one))
    const style = { color: (index % 6) + 1, dash: Math.floor(index / 6) % 4 }
    return { id: name, label: name, style, xs, ys: moments.map((from) => read(own.get(from))) }
  }
  const all = (read: (one: AnswerFigures | undefined) => number | null) =>
    names.map((name, index) => lineOf(name, index, read))
  return {
    rate: all((one) => requestsOf(one) / stepSeconds),
    durations: all((one) => one?.[`${percentile}_ms`] ?? null),
    errors: all((one) =>
      requestsOf(one) === 0 ? null : ((requestsOf(one) - (one?.answered ?? 0)) / requestsOf(one)) * 100,
    ),
  }
}

/** What one variant did in two steps of a roll-out within one span; the slower of both. */
function together(before: AnswerFigures | undefined, one: AnswerFigures): AnswerFigures {
  if (before === undefined) return one
  const slower = (name: `${Percentile}_ms`) => {
    const most = Math.max(before[name] ?? 0, one[name] ?? 0)
    return most === 0 ? {} : { [name]: most }
  }
  return {
    ...one,
    answered: before.answered + one.answered,
    refused: before.refused + one.refused,
    failed: before.failed + one.failed,
    ...slower('p50_ms'),
    ...slower('p95_ms'),
    ...slower('p99_ms'),
  }
}

function requestsOf(one: AnswerFigures | undefined): number {
  return one === undefined ? 0 : one.answered + one.refused + one.failed
}

/** Sums over all spans, by what answered. */
export function figureTotals(figures: readonly AnswerFigures[]) {
  const totals = new Map<string, { name: string; answered: number; refused: number; failed: number }>()
  for (const one of figures) {
    const name = answererName(one)
    const total = totals.get(name) ?? { name, answered: 0, refused: 0, failed: 0 }
    total.answered += one.answered
    total.refused += one.refused
    total.failed += one.failed
    totals.set(name, total)
  }
  return [...totals.values()].sort((left, right) => left.name.localeCompare(right.name))
}

/** Requests per second of each model over some seconds, and the part of them that failed or was refused. */
export function figuresByModel(figures: readonly AnswerFigures[], seconds: number) {
  const sums = new Map<string, { all: number; answered: number }>()
  for (const one of figures) {
    const sum = sums.get(one.model) ?? { all: 0, answered: 0 }
    sum.all += requestsOf(one)
    sum.answered += one.answered
    sums.set(one.model, sum)
  }
  return new Map(
    [...sums].map(([model, { all, answered }]) => [
      model,
      { rate: all / seconds, errors: all === 0 ? undefined : (all - answered) / all },
    ]),
  )
}
