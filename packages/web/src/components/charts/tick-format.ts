import type { Language } from '@fabrique/contract'
import type { Format } from '../../i18n/format.js'

/** What the x axis counts: steps; seconds since 1970; seconds since the start of each run. */
export type XKind = 'step' | 'time' | 'relative'

const locales = { en: 'en-GB', fr: 'fr-FR' } as const

/** A number beside an axis: short, in the digits of the language; very small and large ones with a power of ten. */
export function tickText(value: number, language: Language): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    const [digits = '', power = ''] = value.toExponential().split('e')
    const short = new Intl.NumberFormat(locales[language], { maximumFractionDigits: 2 }).format(Number(digits))
    return `${short}e${power.replace('+', '')}`
  }
  return new Intl.NumberFormat(locales[language], { maximumSignificantDigits: 6 }).format(value)
}

/** A place on the x axis; `spacing` is the distance of the marks, in the unit of the axis. */
export function xTickText(x: number, kind: XKind, spacing: number, language: Language, f: Format): string {
  if (kind === 'step') return tickText(x, language)
  if (kind === 'relative') return f.duration(Math.max(x, 0) * 1000)
  const options: Intl.DateTimeFormatOptions =
    spacing < 60
      ? { timeStyle: 'medium' }
      : spacing < 86_400
        ? { timeStyle: 'short' }
        : { day: 'numeric', month: 'short' }
  return new Intl.DateTimeFormat(locales[language], options).format(new Date(x * 1000))
}

/** A place on the x axis in full, for the reading beside the cursor. */
export function xText(x: number, kind: XKind, f: Format): string {
  if (kind === 'step') return f.exact(x)
  if (kind === 'relative') return f.duration(Math.max(x, 0) * 1000)
  return `${f.moment(new Date(x * 1000).toISOString())} ${f.time(new Date(x * 1000).toISOString())}`
}
