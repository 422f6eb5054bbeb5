import type { FieldDef } from 'pg'
import pg from 'pg'
import { sqlName } from '../../../platform/index.js'

/** A column of an answer: how it is asked for, and what its text is written as. */
export interface PostgresColumn {
  readonly name: string
  /** SQL of PostgreSQL that gives the value as text. */
  readonly asked: string
  /** SQL of the data engine that gives the value of that text; the text itself when left out. */
  readonly written?: (text: string) => string
}

const { builtins } = pg.types
const cast = (type: string) => (text: string) => `${text}::${type}`

const types: Readonly<Record<number, string>> = {
  [builtins.BOOL]: 'BOOLEAN',
  [builtins.INT2]: 'SMALLINT',
  [builtins.INT4]: 'INTEGER',
  [builtins.INT8]: 'BIGINT',
  [builtins.OID]: 'UINTEGER',
  [builtins.FLOAT4]: 'FLOAT',
  [builtins.FLOAT8]: 'DOUBLE',
  [builtins.DATE]: 'DATE',
  [builtins.TIMESTAMP]: 'TIMESTAMP',
  // The text has its offset, so this is the moment in UTC.
  [builtins.TIMESTAMPTZ]: 'TIMESTAMP',
  [builtins.UUID]: 'UUID',
}

/** Most digits of a decimal of the data engine. */
const decimalDigitsMax = 38

/** `numeric(p, s)` keeps its digits; one without a bound, or with more digits, becomes a number of 64 bits. */
function numericType(modifier: number): string {
  const precision = ((modifier - 4) >> 16) & 0xffff
  const scale = (modifier - 4) & 0x7ff
  const isDecimal = modifier >= 4 && precision <= decimalDigitsMax && scale <= precision
  return isDecimal ? `DECIMAL(${precision}, ${scale})` : 'DOUBLE'
}

/**
 * The columns of an answer. `isNested` tells which types are arrays or composites: these become JSON text, as JSON itself does. What has no
 * type of its own in the data engine (times of day, intervals, network addresses, bytes) stays text as PostgreSQL writes it.
 */
export function postgresColumns(
  fields: readonly FieldDef[],
  isNested: (type: number) => boolean,
): readonly PostgresColumn[] {
  return fields.map(({ name, dataTypeID, dataTypeModifier }) => {
    const quoted = sqlName(name)
    if (isNested(dataTypeID)) return { name, asked: `to_json(${quoted})::text` }
    const asked = `${quoted}::text`
    if (dataTypeID === builtins.BPCHAR) return { name, asked: `rtrim(${asked}, ' ')` }
    const type = dataTypeID === builtins.NUMERIC ? numericType(dataTypeModifier) : types[dataTypeID]
    return type === undefined ? { name, asked } : { name, asked, written: cast(type) }
  })
}
