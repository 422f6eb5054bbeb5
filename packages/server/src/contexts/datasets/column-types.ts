import type { ColumnDefinition, ColumnType } from '@fabrique/contract'
import { sqlText } from '../../platform/index.js'

/** A type, and the closed set of a category where it is declared. */
export type TypedColumn = Pick<ColumnDefinition, 'type' | 'values'>

/** The DuckDB type of a column. A category becomes an enumeration, so that other values are refused. */
export function duckdbType({ type, values }: TypedColumn): string {
  switch (type) {
    case 'number':
      return 'DOUBLE'
    case 'integer':
      return 'BIGINT'
    case 'text':
      return 'VARCHAR'
    case 'category':
      return values === undefined ? 'VARCHAR' : `ENUM(${values.map(sqlText).join(', ')})`
    case 'boolean':
      return 'BOOLEAN'
    case 'timestamp':
      return 'TIMESTAMP'
    case 'date':
      return 'DATE'
  }
}

/** The narrowest type that holds the values of both; undefined stands for a column without values. */
export function widerType(left: ColumnType | undefined, right: ColumnType | undefined): ColumnType | undefined {
  if (left === undefined || left === right) return right
  if (right === undefined) return left
  const both = new Set([left, right])
  if (both.has('integer') && both.has('number')) return 'number'
  if (both.has('date') && both.has('timestamp')) return 'timestamp'
  return 'text'
}

/** The types to try for a column that nobody declared and that is not of this one, from narrow to wide. */
export function typesBeyond(type: ColumnType | undefined): readonly ColumnType[] {
  switch (type) {
    case undefined:
      return ['boolean', 'integer', 'number', 'date', 'timestamp', 'text']
    case 'integer':
      return ['number', 'text']
    case 'date':
      return ['timestamp', 'text']
    default:
      return ['text']
  }
}

/** How texts stand for numbers and moments. */
export interface TextForms {
  readonly decimal: '.' | ','
  readonly dateFormat: string | undefined
  readonly timestampFormat: string | undefined
}

export const plainForms: TextForms = { decimal: '.', dateFormat: undefined, timestampFormat: undefined }

/** Doubles hold whole numbers below this one exactly. */
const exactIntegerMax = '9007199254740992'

/**
 * DuckDB SQL for the value of a text, null where it is not of the type. Stricter than the casts of DuckDB where they change a value
 * without a word: a fraction is no integer, a time of day no date, and the offset of a moment is applied (moments are kept in UTC).
 */
export function typedValue(column: TypedColumn, text: string, forms: TextForms): string {
  switch (column.type) {
    case 'number':
      return numberOf(text, forms)
    case 'integer':
      return `case when regexp_full_match(trim(${text}), '[+-]?[0-9]+') then try_cast(${text} as bigint)
        else ${wholeNumber(numberOf(text, forms))} end`
    case 'boolean':
      return `try_cast(${text} as boolean)`
    case 'date':
      return forms.dateFormat === undefined
        ? wholeDay(`try_cast(${text} as timestamp)`)
        : `cast(try_strptime(${text}, ${sqlText(forms.dateFormat)}) as date)`
    case 'timestamp':
      return forms.timestampFormat === undefined
        ? momentOf(text)
        : `cast(try_strptime(${text}, ${sqlText(forms.timestampFormat)}) as timestamp)`
    case 'text':
      return text
    case 'category':
      return column.values === undefined ? text : `try_cast(${text} as ${duckdbType(column)})`
  }
}

/** The column type that the CSV reader of DuckDB is told, and the value made of what it gives; it fails where it is not of the type. */
export function readerValue(
  column: TypedColumn,
  value: string,
  forms: TextForms & { readonly hasLargeIntegers: boolean },
): { readonly reader: string; readonly value: string } {
  const orFail = (typed: string) => `case when ${value} is null then null else coalesce(${typed}, error('type')) end`
  switch (column.type) {
    case 'integer':
      return forms.hasLargeIntegers
        ? { reader: 'VARCHAR', value: orFail(typedValue(column, value, forms)) }
        : { reader: 'DOUBLE', value: orFail(wholeNumber(value)) }
    case 'date':
      return forms.dateFormat === undefined
        ? { reader: 'TIMESTAMP', value: orFail(wholeDay(value)) }
        : { reader: 'DATE', value }
    case 'timestamp':
      return forms.timestampFormat === undefined
        ? { reader: 'VARCHAR', value: orFail(momentOf(value)) }
        : { reader: 'TIMESTAMP', value }
    default:
      return { reader: duckdbType(column), value }
  }
}

function numberOf(text: string, { decimal }: TextForms): string {
  return decimal === '.'
    ? `try_cast(${text} as double)`
    : `case when contains(${text}, '.') then null else try_cast(replace(${text}, ',', '.') as double) end`
}

function wholeNumber(number: string): string {
  return `case when ${number} = floor(${number}) and abs(${number}) < ${exactIntegerMax} then cast(${number} as bigint) end`
}

function wholeDay(moment: string): string {
  return `case when ${moment} = cast(cast(${moment} as date) as timestamp) then cast(${moment} as date) end`
}

function momentOf(text: string): string {
  return `case when contains(${text}, '+') or contains(substr(${text}, 11), '-')
    then timezone('UTC', try_cast(${text} as timestamptz)) else try_cast(${text} as timestamp) end`
}
