import type { DuckDBResultReader } from '@duckdb/node-api'
import type { Json } from '@fabrique/contract'

/** Turns rows that the engine gave as JSON into JSON with types: see `jsonRowsOf`. `types` are the names of the types of the columns. */
export function jsonReader(types: readonly string[]): (rows: readonly (readonly unknown[])[]) => Json[][] {
  const convert = types.map(converterOf)
  const one = (value: Json, index: number) => (value === null ? null : (convert[index]?.(value) ?? value))
  return (rows) => rows.map((row) => (row as readonly Json[]).map(one))
}

/**
 * Rows of the data engine as JSON: whole numbers and decimals as numbers where a double holds them and as text beyond, NaN and
 * infinities as text, moments in ISO 8601, lists and structures as JSON.
 */
export function jsonRowsOf(result: DuckDBResultReader): Json[][] {
  return jsonReader(result.columnTypes().map(String))(result.getRowsJson())
}

/** How values of a type are turned into JSON; undefined where the engine's own form stays. */
function converterOf(type: string): ((value: Json) => Json) | undefined {
  if (/^(?:BIGINT|UBIGINT|HUGEINT|UHUGEINT|BIGNUM)$/.test(type)) return wholeNumber
  if (type.startsWith('DECIMAL') && !type.endsWith(']')) return decimal
  if (type.startsWith('TIMESTAMP') && !type.endsWith(']')) return moment
  return undefined
}

function wholeNumber(value: Json): Json {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function decimal(value: Json): Json {
  const digits = String(value).replace(/[-.]/g, '').replace(/^0+/, '')
  return digits.length <= 15 ? Number(value) : value
}

function moment(value: Json): Json {
  const [, day, time, hours] = /^(\d{4}-\d{2}-\d{2}) ([\d:.]+)([+-]\d{2}(?::\d{2})?)?$/.exec(String(value)) ?? []
  if (day === undefined) return value
  const zone = hours === undefined || hours === '+00' ? 'Z' : hours.length === 3 ? `${hours}:00` : hours
  return `${day}T${time}${zone}`
}
