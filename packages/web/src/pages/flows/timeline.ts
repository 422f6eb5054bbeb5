import type { FlowAttempt, FlowStep } from '@fabrique/contract'

/** One attempt of a step as a bar: where it begins and how wide it is, in percent. */
export interface Span {
  readonly left: number
  readonly width: number
  readonly ms: number
  readonly attempt: FlowAttempt
}

export interface TimelineRow {
  readonly step: FlowStep
  readonly spans: readonly Span[]
}

export interface Timeline {
  readonly rows: readonly TimelineRow[]
  /** From the first start to the last end, or to now while a step runs. */
  readonly totalMs: number
  readonly ticksMs: readonly number[]
}

const tickCount = 6
const niceSteps = [1, 2, 5, 10, 15, 30, 60]
  .flatMap((n) => [n, n * 1000, n * 60_000, n * 3_600_000])
  .sort((a, b) => a - b)

/** Bars of the attempts of each step; one that runs goes on to now. */
export function timelineOf(steps: readonly FlowStep[], now: number): Timeline {
  const begun = steps.filter(({ attempts }) => attempts.length > 0)
  const times = begun.flatMap(({ attempts }) =>
    attempts.map(({ started_at: start, ended_at: end }) => ({
      start: Date.parse(start),
      end: end === undefined ? now : Date.parse(end),
    })),
  )
  const first = times.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY)
  const last = times.reduce((most, { end }) => Math.max(most, end), 0)
  const totalMs = times.length === 0 ? 0 : Math.max(last - first, 1)
  const share = (ms: number) => Math.min(Math.max((ms / totalMs) * 100, 0), 100)
  return {
    rows: begun.map((step) => ({
      step,
      spans: step.attempts.map((attempt) => {
        const start = Date.parse(attempt.started_at)
        const end = attempt.ended_at === undefined ? now : Date.parse(attempt.ended_at)
        const left = share(start - first)
        return { left, width: Math.min(share(end - start), 100 - left), ms: Math.max(end - start, 0), attempt }
      }),
    })),
    totalMs,
    ticksMs: ticksOf(totalMs),
  }
}

function ticksOf(totalMs: number): readonly number[] {
  const step = niceSteps.find((one) => totalMs / one <= tickCount) ?? Math.ceil(totalMs / tickCount)
  return totalMs === 0 ? [] : Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, index) => index * step)
}
