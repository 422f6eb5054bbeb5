import type { ColumnDefinition, ColumnType } from '@fabrique/contract'
import { sqlText } from '../../platform/index.js'

/** The DuckDB type that a declared column is read as. A category becomes an enumeration, so that other values are refused. */
export function duckdbType(column: ColumnDefinition): string {
  switch (column.type) {
    case 'number':
      return 'DOUBLE'
    case 'integer':
      return 'BIGINT'
    case 'text':
      return 'VARCHAR'
    case 'category':
      return column.values === undefined ? 'VARCHAR' : `ENUM(${column.values.map(sqlText).join(', ')})`
    case 'boolean':
      return 'BOOLEAN'
    case 'timestamp':
      return 'TIMESTAMP'
    case 'date':
      return 'DATE'
  }
}

/** Our name of a type that DuckDB inferred. */
export function inferredType(duckdb: string): ColumnType {
  if (/^(DOUBLE|FLOAT|DECIMAL|HUGEINT)/.test(duckdb)) return 'number'
  if (/^(BIGINT|INTEGER|SMALLINT|TINYINT|UBIGINT|UINTEGER)/.test(duckdb)) return 'integer'
  if (duckdb === 'BOOLEAN') return 'boolean'
  if (duckdb === 'DATE') return 'date'
  if (duckdb.startsWith('TIMESTAMP')) return 'timestamp'
  return 'text'
}
