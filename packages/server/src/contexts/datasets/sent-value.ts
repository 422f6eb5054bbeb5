import type { ColumnType, Json } from '@fabrique/contract'

/** Values by column as an application sends them. */
export type SentRow = Readonly<Record<string, Json>>

const wholeNumber = /^-?\d{1,19}$/
const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const day = /^\d{4}-\d\d-\d\d$/
const moment = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/

/**
 * Microseconds since 1970 of a text in ISO 8601; without a zone it is in UTC, and digits beyond microseconds are cut. Undefined for what is
 * no moment.
 */
export function microsecondsOf(text: string): number | undefined {
  const [, date, time = '00:00', fraction = '', zone = 'Z'] = moment.exec(text) ?? []
  if (date === undefined || !isDay(date)) return undefined
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  const ms = Date.parse(`${date}T${time}${offset}`)
  return Number.isNaN(ms) ? undefined : ms * 1_000 + Number(fraction.padEnd(6, '0').slice(0, 6))
}

/** Whether a calendar has the day: engines take the 30th of February for another one. */
function isDay(text: string): boolean {
  if (!day.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === text
}

/** A value as text that the engine casts to the type of its column without a change; undefined for what is not of the type. */
export function sentText(value: Json | undefined, type: ColumnType): string | null | undefined {
  if (value === null || value === undefined) return null
  if (typeof value === 'object') return undefined
  switch (type) {
    case 'text':
    case 'category':
      return String(value)
    case 'boolean':
      return value === true || value === 'true' ? 'true' : value === false || value === 'false' ? 'false' : undefined
    case 'integer':
      return wholeText(value)
    case 'number':
      return numberText(value)
    case 'date':
      return typeof value === 'string' && isDay(value) ? value : undefined
    case 'timestamp': {
      const us = typeof value === 'string' ? microsecondsOf(value) : undefined
      return us === undefined ? undefined : momentText(us)
    }
  }
}

function wholeText(value: string | number | boolean): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  if (typeof value !== 'string' || !wholeNumber.test(value)) return undefined
  const whole = BigInt(value)
  return BigInt.asIntN(64, whole) === whole ? String(whole) : undefined
}

function numberText(value: string | number | boolean): string | undefined {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return undefined
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return value
  return number.test(value) ? value : undefined
}

function momentText(us: number): string {
  const seconds = Math.floor(us / 1_000_000)
  const rest = String(us - seconds * 1_000_000).padStart(6, '0')
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')}.${rest}`
}
