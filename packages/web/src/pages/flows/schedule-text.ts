import type { FlowSchedule, Language } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'
import type { Format } from '../../i18n/format.js'

const locales = { en: 'en-GB', fr: 'fr-FR' } as const
/** 4 January 1970 was a Sunday, the day 0 of cron. */
const sunday = Date.UTC(1970, 0, 4)
const dayMs = 86_400_000

type Words = Catalogue['flows']['when']

const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** When a schedule fires, in words; a pattern that has no short words is shown as it is. */
export function scheduleText(
  schedule: Pick<FlowSchedule, 'cron' | 'every_ms' | 'at' | 'timezone'>,
  language: Language,
  t: Pick<Catalogue, 'flows'>,
  f: Format,
): string {
  const { cron, every_ms: every, at, timezone } = schedule
  const words = t.flows.when
  if (at !== undefined) return words.once(f.moment(at))
  if (every !== undefined) return words.every(spanText(every, t, f))
  if (cron === undefined) return ''
  const text = cronText(cron, language, words) ?? words.cron(cron)
  return timezone === 'UTC' ? text : words.inZone(text, timezone)
}

const units = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1000],
] as const

/** A span as it was declared: in the largest unit of which it is a whole number, as 2 d or 90 min. */
export function spanText(ms: number, t: Pick<Catalogue, 'flows'>, f: Format): string {
  for (const [unit, size] of units) if (ms >= size && ms % size === 0) return t.flows.span[unit](f.integer(ms / size))
  return f.duration(ms)
}

/** Whole numbers of a list as 1,15 with names as MON; undefined for anything else, as ranges. */
function numbersOf(field: string, names: readonly string[] = [], first = 0): readonly number[] | undefined {
  const found = field.split(',').map((part) => {
    const named = names.indexOf(part.toUpperCase())
    if (named >= 0) return named + first
    return /^\d+$/.test(part) ? Number(part) : undefined
  })
  return found.every((one) => one !== undefined) ? found : undefined
}

/** Undefined where the pattern is not one of the usual ones. */
function cronText(pattern: string, language: Language, words: Words): string | undefined {
  const fields = (nicknames[pattern.trim()] ?? pattern.trim()).split(/\s+/)
  // A pattern of six fields begins with seconds; at second 0 it is the same as without them.
  const [minute, hour, day, month, weekday] = fields.length === 6 && fields[0] === '0' ? fields.slice(1) : fields
  if (fields.length < 5 || (fields.length === 6 && fields[0] !== '0')) return undefined
  if (minute === undefined || hour === undefined || day === undefined || month === undefined) return undefined
  if (weekday === undefined) return undefined
  const isEachDay = day === '*' && month === '*' && weekday === '*'
  if (hour === '*') return isEachDay ? withinHour(minute, words) : undefined
  const everyHours = /^\*\/(\d+)$/.exec(hour)?.[1]
  if (everyHours !== undefined && /^\d+$/.test(minute))
    return isEachDay ? words.everyHours(everyHours, minute.padStart(2, '0')) : undefined
  const times = timesOf(minute, hour, language)
  if (times === undefined) return undefined
  return onDays({ day, month, weekday }, times, language, words)
}

function withinHour(minute: string, words: Words): string | undefined {
  if (minute === '*' || minute === '*/1') return words.eachMinute
  const step = /^\*\/(\d+)$/.exec(minute)?.[1]
  if (step !== undefined) return words.everyMinutes(step)
  const minutes = numbersOf(minute)
  if (minutes === undefined) return undefined
  return words.hourly(minutes.map((one) => String(one).padStart(2, '0')).join(', '))
}

function timesOf(minute: string, hour: string, language: Language): string | undefined {
  const [minutes, hours] = [numbersOf(minute), numbersOf(hour)]
  if (minutes === undefined || hours === undefined || minutes.length * hours.length > 6) return undefined
  const separator = language === 'fr' ? '\u00a0h\u00a0' : ':'
  const times = hours.flatMap((h) =>
    minutes.map(
      (m) => `${language === 'fr' ? h : String(h).padStart(2, '0')}${separator}${String(m).padStart(2, '0')}`,
    ),
  )
  return listOf(times, language)
}

function onDays(
  { day, month, weekday }: { readonly day: string; readonly month: string; readonly weekday: string },
  times: string,
  language: Language,
  words: Words,
): string | undefined {
  if (day === '*' && weekday === '*') return month === '*' ? words.daily(times) : undefined
  if (day === '*') {
    if (month !== '*') return undefined
    if (/^(1-5|MON-FRI)$/i.test(weekday)) return words.workdays(times)
    const days = numbersOf(weekday, dayNames)
    return days === undefined
      ? undefined
      : words.weekly(
          listOf(
            days.map((one) => dayName(one, language)),
            language,
          ),
          times,
        )
  }
  // Day of month and day of week together mean different things to different programs.
  if (weekday !== '*') return undefined
  if (day.toUpperCase() === 'L') return month === '*' ? words.lastOfMonth(times) : undefined
  const days = numbersOf(day)
  if (days === undefined) return undefined
  const ordinals = listOf(days.map(words.ordinal), language)
  if (month === '*') return words.monthly(ordinals, times)
  const months = numbersOf(month, monthNames, 1)
  return months === undefined
    ? undefined
    : words.yearly(
        ordinals,
        listOf(
          months.map((one) => monthName(one, language)),
          language,
        ),
        times,
      )
}

const listOf = (items: readonly string[], language: Language): string =>
  new Intl.ListFormat(locales[language], { type: 'conjunction' }).format(items)

const dayName = (day: number, language: Language): string =>
  new Intl.DateTimeFormat(locales[language], { weekday: 'long', timeZone: 'UTC' }).format(sunday + (day % 7) * dayMs)

const monthName = (month: number, language: Language): string =>
  new Intl.DateTimeFormat(locales[language], { month: 'long', timeZone: 'UTC' }).format(Date.UTC(1970, month - 1, 1))
