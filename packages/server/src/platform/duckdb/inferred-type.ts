import type { ColumnType } from '@fabrique/contract'

/** Our name of a type that DuckDB inferred. */
export function inferredType(duckdb: string): ColumnType {
  if (duckdb.endsWith('[]') || duckdb.startsWith('STRUCT') || duckdb.startsWith('MAP')) return 'text'
  if (/^(DOUBLE|FLOAT|DECIMAL|HUGEINT|UHUGEINT)/.test(duckdb)) return 'number'
  if (/^(BIGINT|INTEGER|SMALLINT|TINYINT|UBIGINT|UINTEGER|USMALLINT|UTINYINT)/.test(duckdb)) return 'integer'
  if (duckdb === 'BOOLEAN') return 'boolean'
  if (duckdb === 'DATE') return 'date'
  if (duckdb.startsWith('TIMESTAMP')) return 'timestamp'
  return 'text'
}
