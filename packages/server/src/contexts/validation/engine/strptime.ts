import { cannotEvaluate } from './model.js'

const monthNames = 'january february march april may june july august september october november december'.split(' ')
const dayNames = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ')
const short = (names: readonly string[]) => names.map((name) => name.slice(0, 3))
const oneOf = (names: readonly string[]) => [...names].sort((a, b) => b.length - a.length).join('|')

/** What each directive of `datetime.strptime` takes. */
const directives: Readonly<Record<string, string>> = {
  a: oneOf(short(dayNames)),
  A: oneOf(dayNames),
  b: oneOf(short(monthNames)),
  B: oneOf(monthNames),
  d: '3[0-1]|[1-2]\\d|0[1-9]|[1-9]| [1-9]',
  f: '[0-9]{1,6}',
  G: '\\d\\d\\d\\d',
  H: '2[0-3]|[0-1]\\d|\\d| \\d',
  I: '1[0-2]|0[1-9]|[1-9]| [1-9]',
  j: '36[0-6]|3[0-5]\\d|[1-2]\\d\\d|0[1-9]\\d|00[1-9]|[1-9]\\d|0[1-9]|[1-9]',
  m: '1[0-2]|0[1-9]|[1-9]',
  M: '[0-5]\\d|\\d',
  p: 'am|pm',
  S: '6[0-1]|[0-5]\\d|\\d',
  u: '[1-7]',
  U: '5[0-3]|[0-4]\\d|\\d',
  V: '5[0-3]|0[1-9]|[1-4]\\d|\\d',
  w: '[0-6]',
  W: '5[0-3]|[0-4]\\d|\\d',
  y: '\\d\\d',
  Y: '\\d\\d\\d\\d',
  z: '[+-]\\d\\d:?[0-5]\\d(?::?[0-5]\\d(?:\\.\\d{1,6})?)?|z',
  Z: 'utc|gmt',
}

/** Directives that stand for others. */
const composed: Readonly<Record<string, string>> = {
  c: '%a %b %d %H:%M:%S %Y',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
}

/** Directives of dates that Python takes since 3.14 only. */
const later = new Set(['D', 'F', 'T', 'R'])

/**
 * A judge of texts by a format of Python: true where `datetime.strptime` reads the whole text. White space of the format is any
 * white space of the text; names are those of English in any case.
 */
export function strptimeJudge(format: string): (text: string) => boolean {
  const fields: string[] = []
  const pattern = new RegExp(`^(?:${patternOf(format, fields)})$`, 'i')
  const place = (name: string) => fields.indexOf(name) + 1
  const [year, shortYear, month, day, dayOfYear, shortMonth, longMonth] = 'Y y m d j b B'.split(' ').map(place)
  return (text) => {
    const match = pattern.exec(text)
    if (match === null) return false
    const at = (index: number | undefined) => (index === undefined || index === 0 ? undefined : match[index])
    const shortYearText = at(shortYear)
    const yearText = at(year)
    const yearNumber =
      yearText !== undefined
        ? Number(yearText)
        : shortYearText === undefined
          ? undefined
          : Number(shortYearText) + (Number(shortYearText) <= 68 ? 2000 : 1900)
    if (yearNumber === 0) return false
    const monthNumber =
      at(month) !== undefined
        ? Number(at(month))
        : at(shortMonth) !== undefined
          ? short(monthNames).indexOf(at(shortMonth)?.toLowerCase() ?? '') + 1
          : at(longMonth) !== undefined
            ? monthNames.indexOf(at(longMonth)?.toLowerCase() ?? '') + 1
            : 1
    const dayNumber = Number(at(day) ?? 1)
    if (at(dayOfYear) !== undefined && (yearNumber !== undefined || at(month) === undefined)) return true
    // Without a year Python reads 29 February in a leap year, and then cannot make the date of 1900.
    return dayNumber <= new Date(Date.UTC(yearNumber ?? 1900, monthNumber, 0)).getUTCDate()
  }
}

function patternOf(format: string, fields: string[]): string {
  let pattern = ''
  for (let at = 0; at < format.length; at += 1) {
    const character = format[at] ?? ''
    if (/\s/.test(character)) {
      while (/\s/.test(format[at + 1] ?? '')) at += 1
      pattern += '\\s+'
    } else if (character !== '%') pattern += character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    else {
      at += 1
      pattern += directive(format[at], format, fields)
    }
  }
  return pattern
}

function directive(name: string | undefined, format: string, fields: string[]): string {
  if (name === '%') return '%'
  const whole = name === undefined ? undefined : composed[name]
  if (whole !== undefined && name !== undefined && !later.has(name)) return patternOf(whole, fields)
  const pattern = name === undefined ? undefined : directives[name]
  if (pattern === undefined || name === undefined)
    return cannotEvaluate(`%${name ?? ''} of the format ${format} is no directive of strptime`)
  if (fields.includes(name)) return cannotEvaluate(`%${name} occurs twice in the format ${format}`)
  fields.push(name)
  return `(${pattern})`
}
