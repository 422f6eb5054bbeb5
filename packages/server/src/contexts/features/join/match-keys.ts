import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError } from '@fabrique/contract/client'
import type { JoinKey, Relation, RelationColumn } from './model.js'
import { columnOf } from './relation.js'

/** SQL of a key on both sides, of one type: equal exactly where the values are. */
export interface MatchedKey {
  readonly entity: string
  readonly feature: string
}

type KeyClass = 'boolean' | 'integer' | 'decimal' | 'float' | 'text' | 'date' | 'moment' | 'uuid' | 'blob' | 'other'

interface KeySide {
  readonly relation: Relation
  readonly column: RelationColumn
  readonly kind: KeyClass
}

/** Doubles from here on do not tell whole numbers apart. */
const exactDoubleMax = 2 ** 53

/**
 * Brings the keys of entity rows and features to one type where no value changes by it: whole numbers of any width, doubles that are whole,
 * days and moments, and texts that read back as they are written (`7` is the number 7, `007` is not). Throws `feature_key_type` where a
 * value would change or the types have nothing in common.
 */
export async function matchKeys(
  connection: DuckDBConnection,
  [entities, features]: readonly [Relation, Relation],
  keys: readonly JoinKey[],
): Promise<readonly MatchedKey[]> {
  const matched: MatchedKey[] = []
  for (const key of keys) {
    const sides = [sideOf(entities, key.entity), sideOf(features, key.feature)] as const
    matched.push(await matchKey(connection, sides))
  }
  return matched
}

function sideOf(relation: Relation, name: string): KeySide {
  const column = columnOf(relation, name)
  const kind = classOf(column.type)
  // Texts of a closed set have numbers of their own in each relation.
  const isNamed = kind === 'text' && column.type !== 'VARCHAR'
  return { relation, kind, column: isNamed ? { ...column, type: 'VARCHAR', sql: `${column.sql}::varchar` } : column }
}

function classOf(type: string): KeyClass {
  if (/\[\d*\]$|^(STRUCT|MAP|UNION)/.test(type)) return 'other'
  if (type === 'BOOLEAN') return 'boolean'
  if (/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT))$/.test(type)) return 'integer'
  if (type.startsWith('DECIMAL')) return 'decimal'
  if (type === 'DOUBLE' || type === 'FLOAT') return 'float'
  if (type === 'VARCHAR' || type === 'JSON' || type.startsWith('ENUM')) return 'text'
  if (type === 'DATE') return 'date'
  if (type.startsWith('TIMESTAMP')) return 'moment'
  if (type === 'UUID') return 'uuid'
  return type === 'BLOB' ? 'blob' : 'other'
}

type Sides = readonly [KeySide, KeySide]

async function matchKey(connection: DuckDBConnection, sides: Sides): Promise<MatchedKey> {
  const [left, right] = sides
  for (const side of sides) {
    if (side.kind === 'other')
      throw keyType(sides, { en: 'keys are single values', fr: 'une clé est une valeur simple' })
    if (side.kind === 'float') await refuseVague(connection, sides, side)
  }
  if (left.column.type === right.column.type) return { entity: left.column.sql, feature: right.column.sql }
  const asTexts = await textsOfBoth(connection, sides)
  if (asTexts !== undefined) return asTexts
  const types = commonTypes(sides)
  let changed: string | undefined
  for (const type of types) {
    changed = (await firstChanged(connection, left, type)) ?? (await firstChanged(connection, right, type))
    if (changed !== undefined) continue
    const cast = ({ column }: KeySide) => (column.type === type ? column.sql : `cast(${column.sql} as ${type})`)
    return { entity: cast(left), feature: cast(right) }
  }
  if (changed === undefined) throw keyType(sides, { en: 'they are never equal', fr: 'ils ne sont jamais égaux' })
  throw keyType(sides, {
    en: `${changed} would change as ${types.at(-1)}`,
    fr: `${changed} changerait en ${types.at(-1)}`,
  })
}

/**
 * Where one side are texts and the other numbers that were read from texts, and not all texts are numbers: both as they are written. A text
 * that is a number in another way of writing, as `007`, is left to be refused.
 */
async function textsOfBoth(connection: DuckDBConnection, [left, right]: Sides): Promise<MatchedKey | undefined> {
  const [texts, numbers] = left.kind === 'text' ? [left, right] : [right, left]
  const { written } = numbers.column
  if (texts.kind !== 'text' || written === undefined) return undefined
  const { sql } = texts.column
  const isOther = `try_cast(${sql} as double) is not null and try_cast(${sql} as bigint)::varchar is distinct from ${sql}`
  if ((await firstValue(connection, texts.relation, sql, isOther)) !== undefined) return undefined
  return texts === left ? { entity: sql, feature: written } : { entity: written, feature: sql }
}

/** Types that hold the values of both, the first that no value changes by is taken; none where they have nothing in common. */
function commonTypes([{ kind: left, column: one }, { kind: right, column: two }]: Sides): readonly string[] {
  const kinds = new Set([left, right])
  const integer = [one.type, two.type].some((type) => /^(UBIGINT|U?HUGEINT)$/.test(type)) ? 'HUGEINT' : 'BIGINT'
  const other = left === 'text' ? two : one
  if (kinds.size === 1) {
    if (left === 'integer') return [integer]
    if (left === 'float') return ['DOUBLE']
    if (left === 'moment') return ['TIMESTAMP', 'TIMESTAMP_NS']
    return left === 'decimal' ? [decimalOf(one.type, two.type)] : []
  }
  if (kinds.has('text')) {
    if (kinds.has('integer')) return [integer]
    if (kinds.has('float')) return ['BIGINT', 'DOUBLE']
    return kinds.has('blob') ? [] : [other.type]
  }
  if (kinds.has('date') && kinds.has('moment')) return ['TIMESTAMP']
  if (kinds.has('integer') && (kinds.has('float') || kinds.has('decimal'))) return ['HUGEINT']
  return kinds.has('float') && kinds.has('decimal') ? ['DOUBLE'] : []
}

function decimalOf(...types: readonly string[]): string {
  const scales = types.map((type) => Number(/,\s*(\d+)\)/.exec(type)?.[1] ?? 0))
  return `DECIMAL(38, ${Math.max(...scales)})`
}

/** A value that does not come back from another type as it was. */
async function firstChanged(
  connection: DuckDBConnection,
  { relation, column: { sql, type: own } }: KeySide,
  type: string,
): Promise<string | undefined> {
  if (own === type) return undefined
  const back = `try_cast(try_cast(${sql} as ${type}) as ${own})`
  return firstValue(connection, relation, sql, `${sql} is not null and ${back} is distinct from ${sql}`)
}

async function refuseVague(connection: DuckDBConnection, sides: Sides, { relation, column }: KeySide): Promise<void> {
  const { sql } = column
  const found = await firstValue(connection, relation, sql, `abs(${sql}) >= ${exactDoubleMax} and isfinite(${sql})`)
  if (found === undefined) return
  throw keyType(sides, {
    en: `${found} is beyond the whole numbers that ${column.type} tells apart`,
    fr: `${found} dépasse les nombres entiers que ${column.type} distingue`,
  })
}

async function firstValue(
  connection: DuckDBConnection,
  { from }: Relation,
  sql: string,
  condition: string,
): Promise<string | undefined> {
  const found = await connection.runAndReadAll(
    `select left(cast(${sql} as varchar), 60) from ${from} where ${condition} limit 1`,
  )
  const [value] = found.getRows()[0] ?? []
  return value === undefined ? undefined : JSON.stringify(value)
}

function keyType([left, right]: Sides, reason: { readonly en: string; readonly fr: string }): FabriqueError {
  return new FabriqueError('feature_key_type', {
    key: left.column.name,
    entities: left.relation.name,
    entity_type: columnOf(left.relation, left.column.name).type,
    features: right.relation.name,
    feature_type: columnOf(right.relation, right.column.name).type,
    reason: reason.en,
    reason_fr: reason.fr,
  })
}
