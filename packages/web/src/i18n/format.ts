import type { Language } from '@fabrique/contract'

const locales = { en: 'en-GB', fr: 'fr-FR' } as const

/** Numbers, sizes and moments as a language writes them. Moments are in the zone of the reader. */
export interface Format {
  readonly integer: (value: number) => string
  readonly decimal: (value: number) => string
  readonly metric: (value: number | string) => string
  readonly exact: (value: number | string) => string
  readonly percent: (share: number) => string
  readonly bytes: (value: number) => string
  readonly duration: (milliseconds: number) => string
  readonly moment: (timestamp: string) => string
  readonly momentUtc: (timestamp: string) => string
  readonly dayUtc: (timestamp: number) => string
  readonly time: (timestamp: string) => string
  readonly ago: (timestamp: string, now: number) => string
}

const byteUnits = {
  en: ['B', 'kB', 'MB', 'GB', 'TB'],
  fr: ['o', 'ko', 'Mo', 'Go', 'To'],
} as const

const secondsIn = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

export function formatOf(language: Language): Format {
  const locale = locales[language]
  const numbers = (options: Intl.NumberFormatOptions) => new Intl.NumberFormat(locale, options)
  const integers = numbers({ maximumFractionDigits: 0 })
  const decimals = numbers({ maximumFractionDigits: 2 })
  const metrics = numbers({ minimumFractionDigits: 3, maximumFractionDigits: 3 })
  const significant = numbers({ maximumSignificantDigits: 4 })
  const exact = numbers({ maximumSignificantDigits: 17 })
  const percents = numbers({ style: 'percent', maximumFractionDigits: 1 })
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const momentsUtc = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })
  const daysUtc = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' })
  const times = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  const now = relative.format(0, 'second')
  const unit = (value: number, symbol: string, digits = 0) =>
    `${numbers({ maximumFractionDigits: digits }).format(value)}\u00a0${symbol}`

  const scientific = (value: number): string => {
    const [digits = '', power = ''] = value.toExponential(3).split('e')
    return `${numbers({ maximumFractionDigits: 3 }).format(Number(digits))}e${power}`
  }

  const metric = (value: number | string): string => {
    if (typeof value === 'string') return value
    if (Number.isInteger(value) && Math.abs(value) >= 2) return integers.format(value)
    const size = Math.abs(value)
    if (size !== 0 && size < 1e-4) return scientific(value)
    return size !== 0 && (size < 0.001 || size >= 1000) ? significant.format(value) : metrics.format(value)
  }

  const bytes = (value: number): string => {
    const power = value < 1 ? 0 : Math.min(Math.floor(Math.log(value) / Math.log(1000)), 4)
    const scaled = value / 1000 ** power
    const digits = numbers({ maximumFractionDigits: power > 0 && scaled < 100 ? 1 : 0 })
    return `${digits.format(scaled)}\u00a0${byteUnits[language][power] ?? ''}`
  }

  const duration = (milliseconds: number): string => {
    if (milliseconds < 1000) return unit(milliseconds, 'ms', milliseconds < 10 ? 1 : 0)
    const seconds = milliseconds / 1000
    if (seconds < 60) return unit(seconds, 's', seconds < 10 ? 1 : 0)
    const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)]
    if (hours === 0) return `${unit(minutes, 'min')} ${unit(Math.floor(seconds % 60), 's')}`
    if (hours < 48) return `${unit(hours, 'h')} ${unit(minutes % 60, 'min')}`
    return `${unit(Math.floor(hours / 24), language === 'fr' ? 'j' : 'd')} ${unit(hours % 24, 'h')}`
  }

  const ago = (timestamp: string, at: number): string => {
    const seconds = Math.round((Date.parse(timestamp) - at) / 1000)
    for (const [name, size] of secondsIn) {
      if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), name)
    }
    return seconds > -3 ? now : relative.format(seconds, 'second')
  }

  return {
    integer: (value) => integers.format(value),
    decimal: (value) => decimals.format(value),
    metric,
    exact: (value) => (typeof value === 'string' ? value : exact.format(value)),
    percent: (share) => {
      if (share > 0 && share < 0.0005) return `< ${percents.format(0.001)}`
      return share < 1 && share > 0.9995 ? `> ${percents.format(0.999)}` : percents.format(share)
    },
    bytes,
    duration,
    moment: (timestamp) => moments.format(new Date(timestamp)),
    momentUtc: (timestamp) => `${momentsUtc.format(new Date(timestamp))} UTC`,
    dayUtc: (timestamp) => daysUtc.format(timestamp),
    time: (timestamp) => times.format(new Date(timestamp)),
    ago,
  }
}
