import type { DuckDBConnection } from '@duckdb/node-api'
import { type ColumnType, type FabriqueError, isFabriqueError } from '@fabrique/contract'
import { inferredType, rowsOf, sqlName, sqlText, type VerbContext } from '../../../platform/index.js'
import { checkSelect, tableOfParts } from '../../datasets/index.js'
import { type CheckedView, checkColumns, type KnownDatasets } from './check-declarations.js'
import { featuresOf } from './model.js'
import { type Declared, refused } from './refuse.js'

type Types = ReadonlyMap<string, ColumnType>

/**
 * Lets the engine look at the SQL of views, without data: it has to be one select over the data sets that it names, or an expression over
 * the inputs of one row, and give the same whenever it is asked. Where the columns are declared, names and types are held against them.
 * Throws `features_invalid`.
 */
export async function checkSql(
  ctx: VerbContext,
  views: readonly CheckedView[],
  datasets: KnownDatasets,
): Promise<void> {
  const withSql = views.filter(
    ({ definition: { source, derived } }) => source.kind === 'sql' || derived.some(({ sql }) => sql !== undefined),
  )
  if (withSql.length === 0) return
  await ctx.data.use(async (connection) => {
    for (const view of withSql) await checkView(connection, view, datasets)
  }, ctx.signal)
}

async function checkView(connection: DuckDBConnection, view: CheckedView, datasets: KnownDatasets): Promise<void> {
  const { definition } = view
  const about = { kind: 'feature_view', name: definition.name } as const
  const { source } = definition
  let types = source.kind === 'dataset' ? datasets.get(source.dataset)?.columns : undefined
  if (source.kind === 'sql') {
    await checkParsed(connection, {
      sql: source.sql,
      tables: source.datasets,
      about,
      where: 'its SQL',
      whereFr: 'son SQL',
    })
    const known = source.datasets.map((name) => ({ name, columns: datasets.get(name)?.columns }))
    if (known.every(({ columns }) => columns !== undefined)) {
      const tables = known.map(({ name, columns = new Map() }) => `${sqlName(name)} as (from ${emptyTable(columns)})`)
      const described = `describe with ${tables.join(', ')} select * from (${source.sql}\n)`
      types = await typesOf(connection, described, { about, where: 'its SQL', whereFr: 'son SQL' })
      checkColumns(view, types, 'its SQL', 'son SQL')
    }
  }
  for (const { name, type, inputs, sql } of definition.derived) {
    if (sql === undefined) continue
    const place = { about, where: `the SQL of ${name}`, whereFr: `le SQL de ${name}` }
    await checkParsed(connection, { ...place, sql: `select (${sql}\n) as value`, tables: [] })
    await refuseSeveralRows(connection, sql, place)
    const inputTypes = typesOfInputs(definition, inputs, types)
    if (inputTypes === undefined) continue
    const table = emptyTable(inputTypes)
    // Where neither aggregates nor windows can stand: only what a single row gives.
    const row = `select 1 from ${table} where (${sql}\n) is not null`
    await typesOf(connection, `describe ${row}`, place)
    const found = await typesOf(connection, `describe select (${sql}\n) as value from ${table}`, place)
    const given = found.get('value')
    if (given === undefined || isHeldBy(given, type)) continue
    throw refused(
      about,
      `${name} is declared as ${type}, and its SQL gives ${given}`,
      `${name} est déclarée ${type}, et son SQL donne ${given}`,
    )
  }
}

interface Place {
  readonly about: Declared
  readonly where: string
  readonly whereFr: string
}

/** Types of the inputs of a derived feature; undefined where one of them is known only with the data. */
function typesOfInputs(
  definition: CheckedView['definition'],
  inputs: readonly string[],
  columns: Types | undefined,
): Types | undefined {
  const types = new Map<string, ColumnType>()
  for (const input of inputs) {
    const type = featureType(definition, input, columns)
    if (type === undefined) return undefined
    types.set(input, type)
  }
  return types
}

/** The type of a feature or an aggregation where it is known without data. */
export function featureType(
  { features, aggregations, derived }: CheckedView['definition'],
  name: string,
  columns: Types | undefined,
): ColumnType | undefined {
  const plain = features.find((feature) => feature.name === name)
  if (plain !== undefined) return columns?.get(plain.column ?? name)
  const aggregated = aggregations.find((feature) => feature.name === name)
  switch (aggregated?.function) {
    case undefined:
      return derived.find((feature) => feature.name === name)?.type
    case 'count':
      return 'integer'
    case 'sum':
    case 'mean':
      return 'number'
    default:
      return columns?.get(aggregated?.column ?? '')
  }
}

/** The types of all features of a view, as far as the columns of its source are known. */
export function featureTypes(definition: CheckedView['definition'], columns: Types | undefined): Types {
  return new Map(
    featuresOf(definition).flatMap(({ name }): [string, ColumnType][] => {
      const type = featureType(definition, name, columns)
      return type === undefined ? [] : [[name, type]]
    }),
  )
}

function isHeldBy(given: ColumnType, declared: ColumnType): boolean {
  if (given === declared) return true
  if (declared === 'number') return given === 'integer'
  if (declared === 'timestamp') return given === 'date'
  return declared === 'category' && given === 'text'
}

function emptyTable(columns: Types): string {
  return tableOfParts(
    [],
    [...columns].map(([name, type]) => ({ name, type, nullable: true, declared: true })),
  )
}

async function typesOf(connection: DuckDBConnection, sql: string, place: Place): Promise<Types> {
  try {
    const described = rowsOf<{ column_name: string; column_type: string }>(await connection.runAndReadAll(sql))
    return new Map(described.map(({ column_name, column_type }) => [column_name, inferredType(column_type)]))
  } catch (error) {
    throw said(error, place)
  }
}

async function checkParsed(
  connection: DuckDBConnection,
  { sql, tables, ...place }: Place & { readonly sql: string; readonly tables: readonly string[] },
): Promise<void> {
  try {
    await checkSelect(connection, sql, tables)
  } catch (error) {
    throw said(error, place)
  }
  const [name] = await changingFunctions(connection, sql)
  if (name === undefined) return
  throw refused(
    place.about,
    `${place.where} calls ${name}, which does not give the same each time`,
    `${place.whereFr} appelle ${name}, qui ne donne pas toujours la même chose`,
  )
}

/** An expression is about one row, whether or not the types of its inputs are known already. */
async function refuseSeveralRows(connection: DuckDBConnection, sql: string, place: Place): Promise<void> {
  const [found] = rowsOf<{ name: string }>(
    await connection.runAndReadAll(`
      with tree as (select json_serialize_sql(${sqlText(`select (${sql}\n)`)}) as tree)
      select name from (select lower(unnest(json_extract(tree, '$..function_name')) ->> '$') as name from tree)
      where name in (select function_name from duckdb_functions() where function_type = 'aggregate')
        and name not in (select function_name from duckdb_functions() where function_type <> 'aggregate')
      union all
      select 'over' from (select unnest(json_extract(tree, '$..class')) ->> '$' as class from tree) where class = 'WINDOW'
      limit 1`),
  )
  if (found === undefined) return
  throw refused(
    place.about,
    `${place.where} is not accepted: ${found.name} takes several rows, and an expression is about one`,
    `${place.whereFr} n’est pas accepté : ${found.name} demande plusieurs lignes, et une expression porte sur une seule`,
  )
}

/** Functions of a select that depend on chance or on the moment. */
async function changingFunctions(connection: DuckDBConnection, sql: string): Promise<readonly string[]> {
  const rows = rowsOf<{ name: string }>(
    await connection.runAndReadAll(`
      with tree as (select json_serialize_sql(${sqlText(sql)}) as tree)
      select distinct name from (
        select lower(unnest(json_extract(tree, '$..function_name')) ->> '$') as name from tree
      ) where name in (select function_name from duckdb_functions() where stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY'))
      union all
      select distinct name from (
        select lower(unnest(json_extract(tree, '$..column_names[0]')) ->> '$') as name from tree
      ) where name in ('current_timestamp', 'current_date', 'current_time', 'localtimestamp', 'localtime')
      order by name`),
  )
  return rows.map(({ name }) => name)
}

function said(error: unknown, { about, where, whereFr }: Place): unknown {
  if (!(error instanceof Error)) return error
  const reason = isFabriqueError(error) ? String((error as FabriqueError).params.reason) : firstLine(error.message)
  return refused(about, `${where} is not accepted: ${reason}`, `${whereFr} n’est pas accepté : ${reason}`)
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').slice(0, 500)
}
