import type { FlowLogLine, FlowRun, FlowSchedule, FlowState, Language } from '@fabrique/contract'
import pc from 'picocolors'
import { flowMessages } from './flow-messages.js'
import { formatMoment } from './format.js'

/** The name of a state in words, in the colour of its type. */
export function stateText({ type, name }: FlowState, language: Language): string {
  const text = flowMessages(language).states[name] ?? name
  switch (type) {
    case 'COMPLETED':
      return pc.green(text)
    case 'FAILED':
    case 'CRASHED':
      return pc.red(text)
    case 'RUNNING':
      return pc.cyan(text)
    case 'PAUSED':
      return pc.yellow(text)
    default:
      return text
  }
}

/** A duration in its two largest units, as `2 min 5 s`. */
export function spanText(ms: number, language: Language): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) {
    return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(Math.floor(ms / 100) / 10)} s`
  }
  const seconds = Math.floor(ms / 1000)
  const units: readonly (readonly [number, string])[] = [
    [86_400, language === 'fr' ? 'j' : 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ]
  const first = units.findIndex(([size]) => seconds >= size)
  return units
    .slice(first, first + 2)
    .map(
      ([size], index) =>
        [Math.floor((index === 0 ? seconds : seconds % (units[first]?.[0] ?? 1)) / size), size] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, size]) => `${count} ${units.find(([unit]) => unit === size)?.[1]}`)
    .join(' ')
}

/** How long something took; nothing while it has not ended. */
export function tookText(
  of: { readonly started_at?: string | undefined; readonly ended_at?: string | undefined },
  language: Language,
): string {
  if (of.started_at === undefined || of.ended_at === undefined) return ''
  return spanText(new Date(of.ended_at).getTime() - new Date(of.started_at).getTime(), language)
}

export function originText({ origin, origin_of }: FlowRun, language: Language): string {
  const text = flowMessages(language).origins[origin]
  return origin_of === undefined || origin === 'loop' ? text : `${text} ${origin_of}`
}

/** What a run waits for; nothing where it does not. */
export function waitText({ wait }: FlowRun, language: Language): string {
  if (wait === undefined) return ''
  const until = wait.until === undefined ? '' : formatMoment(wait.until, language)
  const what = wait.kind === 'moment' ? until : (wait.what ?? '')
  return `${flowMessages(language).waitKinds[wait.kind]} ${what}`.trimEnd()
}

/** When a schedule fires, as it is written. */
export function scheduleText(schedule: FlowSchedule, language: Language): string {
  const texts = flowMessages(language)
  const { cron, every_ms, at, timezone } = schedule
  if (cron !== undefined) return timezone === 'UTC' ? cron : `${cron} (${timezone})`
  if (every_ms !== undefined) return texts.every(spanText(every_ms, language))
  return texts.once(at === undefined ? '' : formatMoment(at, language))
}

/** A line of a log for the terminal. */
export function lineText({ at, level, step, text }: FlowLogLine): string {
  const colour = { debug: pc.dim, info: (value: string) => value, warn: pc.yellow, error: pc.red }[level]
  const place = step === undefined ? '' : `${pc.cyan(step)}  `
  return `${pc.dim(at)}  ${place}${colour(text)}`
}
