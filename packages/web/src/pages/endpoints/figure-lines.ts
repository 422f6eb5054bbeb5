import type { AnswerFigures } from '@fabrique/contract'
import type { ChartLine } from '../../components/charts/line-chart.jsx'

export interface FigureLines {
  readonly rate: readonly ChartLine[]
  readonly p95: readonly ChartLine[]
  readonly errors: readonly ChartLine[]
}

/** The name of what answered: a version, or a variant of a roll-out, whose tag ends with its name. */
export function answererName({ version, variant }: Pick<AnswerFigures, 'version' | 'variant'>): string {
  return variant === undefined ? `v${version}` : `v${version} ${variant.slice(variant.indexOf('/') + 1)}`
}

/** Figures by version as lines over time; a span without requests is a gap of durations, and no requests. */
export function figureLines(figures: readonly AnswerFigures[], stepSeconds: number): FigureLines {
  const moments = [...new Set(figures.map(({ from }) => from))].sort()
  const xs = moments.map((from) => Date.parse(from) / 1000)
  const names = [...new Set(figures.map(answererName))].sort()
  const lineOf = (name: string, index: number, read: (one: AnswerFigures | undefined) => number | null): ChartLine => {
    const own = new Map(figures.filter((one) => answererName(one) === name).map((one) => [one.from, one]))
    const style = { color: (index % 6) + 1, dash: Math.floor(index / 6) % 4 }
    return { id: name, label: name, style, xs, ys: moments.map((from) => read(own.get(from))) }
  }
  const all = (read: (one: AnswerFigures | undefined) => number | null) =>
    names.map((name, index) => lineOf(name, index, read))
  return {
    rate: all((one) => requestsOf(one) / stepSeconds),
    p95: all((one) => one?.p95_ms ?? null),
    errors: all((one) =>
      requestsOf(one) === 0 ? null : ((requestsOf(one) - (one?.answered ?? 0)) / requestsOf(one)) * 100,
    ),
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
