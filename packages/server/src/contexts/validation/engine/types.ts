import type { TableColumn } from './columns.js'
import { cannotEvaluate } from './model.js'

/** Names of the type of a column: of pandas, of SQL and our own, in lower case. */
function namesOf({ kind, type }: TableColumn): readonly string[] {
  switch (kind) {
    case 'integer':
      return [...(integerNames[type] ?? []), 'integer', 'number']
    case 'number':
      return type === 'FLOAT'
        ? ['float32', 'real', 'float4', 'number']
        : [
            'float64',
            'float',
            'float_',
            'double',
            'double precision',
            'float8',
            'double_precision',
            'number',
            ...(type.startsWith('DECIMAL') ? ['decimal', 'numeric'] : []),
          ]
    case 'boolean':
      return ['bool', 'bool_', 'boolean']
    case 'timestamp':
      return [
        'datetime64',
        'datetime64[ns]',
        'datetime64[us]',
        'datetime64[ms]',
        'datetime64[s]',
        'timestamp',
        'datetime',
        'timestamptz',
      ]
    case 'date':
      return ['date']
    case 'text':
      return [
        'str',
        'string',
        'string_types',
        'stringdtype',
        'object',
        'object_',
        'o',
        'varchar',
        'text',
        'char',
        'nvarchar',
        ...(type.startsWith('ENUM') ? ['category', 'enum'] : []),
      ]
  }
}

const integerNames: Readonly<Record<string, readonly string[]>> = {
  BIGINT: ['int64', 'int', 'int_', 'long', 'bigint', 'int8', 'biginteger'],
  INTEGER: ['int32', 'int4'],
  SMALLINT: ['int16', 'int2', 'smallint', 'smallinteger'],
  TINYINT: ['tinyint'],
  UBIGINT: ['uint64', 'ubigint', 'uint'],
  UINTEGER: ['uint32', 'uinteger'],
  USMALLINT: ['uint16', 'usmallint'],
  UTINYINT: ['uint8', 'utinyint'],
  HUGEINT: ['hugeint'],
}

/** Every name that is known of some type, so that a misspelt one is told apart from a wrong one. */
const others = [
  'int8',
  'complex',
  'complex128',
  'bytes',
  'list',
  'dict',
  'none',
  'time',
  'timedelta64',
  'timedelta64[ns]',
  'uuid',
  'blob',
  'json',
  'float16',
  'category',
  'enum',
  'integertype',
  'longtype',
  'doubletype',
  'floattype',
  'stringtype',
  'booleantype',
  'datetype',
  'timestamptype',
]
const allNames = new Set([
  ...others,
  ...Object.values(integerNames).flat(),
  ...(['integer', 'number', 'boolean', 'timestamp', 'date', 'text'] as const).flatMap((kind) =>
    ['BIGINT', 'DOUBLE', 'FLOAT', 'DECIMAL', 'ENUM', 'VARCHAR'].flatMap((type) =>
      namesOf({ kind, type, name: '', sql: '' }),
    ),
  ),
])

/** True where the type of a column has one of these names. Names that are of no type are passed over; none left is an error. */
export function isOfType(column: TableColumn, names: readonly string[]): boolean {
  const known = names.map((name) => name.toLowerCase()).filter((name) => allNames.has(name))
  if (known.length === 0) return cannotEvaluate(`No recognized type in ${JSON.stringify(names)}`)
  const own = new Set(namesOf(column))
  return known.some((name) => own.has(name))
}

/** The type of a column as pandas names it. */
export function typeName({ kind, type }: TableColumn): string {
  switch (kind) {
    case 'integer':
      return integerNames[type]?.[0] ?? 'int64'
    case 'number':
      return type === 'FLOAT' ? 'float32' : 'float64'
    case 'boolean':
      return 'bool'
    case 'timestamp':
      return 'datetime64'
    case 'date':
      return 'date'
    case 'text':
      return 'str'
  }
}

/** The data type of a column as pandas writes it, with the unit of moments. */
export function dtypeName(column: TableColumn): string {
  if (column.kind !== 'timestamp') return typeName(column)
  const unit = /^TIMESTAMP_(NS|MS|S)$/.exec(column.type)?.[1]?.toLowerCase() ?? 'us'
  return `datetime64[${unit}]`
}
