import type { DuckDBConnection } from '@duckdb/node-api'
import { FabriqueError } from '@fabrique/contract'
import { sqlText } from '../../../platform/duckdb/index.js'

/** Functions that make tables from their arguments alone. Every other reads files, settings or the catalogue, or changes something. */
const tableFunctions: ReadonlySet<string> = new Set([
  'range',
  'generate_series',
  'unnest',
  'repeat_row',
  'json_each',
  'json_tree',
])

/** Functions of values that tell of the process or write somewhere; beyond them every function works on its arguments. */
const refusedFunctions =
  /^(?:current_setting|getenv|getvariable|set_config|write_log|nextval|currval|current_user|session_user|user|current_database|current_schemas?|current_catalog|current_query|txid_current|pg_.*|has_.*_privilege|duckdb_.*|in_search_path|read_.*|getdatabase|sleep.*|error|finalize|combine|create_sort_key|json_execute_serialized_sql|json_serialize_.*|json_deserialize_.*|parse_duckdb_log_message|add_parquet_key|row_number_over_files)$/

type Node = { readonly [key: string]: unknown }

interface Parsed {
  readonly error: boolean
  readonly error_type?: string
  readonly error_message?: string
  readonly position?: string
  readonly statements?: readonly Node[]
}

function refused(reason: string): FabriqueError {
  return new FabriqueError('query_refused', { reason })
}

/**
 * Refuses everything but one select over the given tables. The statement is taken apart by the parser of the engine itself, and what is
 * not known to be harmless is refused. Errors: `query_refused`, `query_failed`.
 */
export async function checkSelect(connection: DuckDBConnection, sql: string, tables: readonly string[]): Promise<void> {
  const result = await connection.runAndReadAll(`select json_serialize_sql(${sqlText(sql)})`)
  const parsed = JSON.parse(String(result.value(0, 0))) as Parsed
  if (parsed.error) {
    if (parsed.error_type === 'parser') {
      const at = Number(parsed.position)
      const where = Number.isInteger(at) ? ` (${placeOf(sql, at)})` : ''
      throw new FabriqueError('query_failed', { reason: `${parsed.error_message ?? 'not SQL'}${where}` })
    }
    throw refused('only a select is allowed')
  }
  const statements = parsed.statements ?? []
  if (statements.length === 0) throw refused('it is empty')
  if (statements.length > 1) throw refused('only one statement is allowed')
  const known = new Set(tables.map((name) => name.toLowerCase()))
  const nodes = [...nodesOf(statements)]
  for (const node of nodes) for (const name of namesOfCtes(node)) known.add(name.toLowerCase())
  for (const node of nodes) checkNode(node, known)
}

/** Line and column, from 1, of a place in a text. */
export function placeOf(sql: string, at: number): string {
  const before = sql.slice(0, at).split('\n')
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`
}

/** Every object of the tree, without recursion: statements can be deep. */
function* nodesOf(root: unknown): Generator<Node> {
  const waiting: unknown[] = [root]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (Array.isArray(next)) for (const item of next) waiting.push(item)
    else if (typeof next === 'object' && next !== null) {
      yield next as Node
      for (const item of Object.values(next)) if (typeof item === 'object') waiting.push(item)
    }
  }
}

/** Names that `with` gives; a name can only stand for a query of the same statement. */
function namesOfCtes(node: Node): readonly string[] {
  const map = (node.cte_map as Node | undefined)?.map
  const names = Array.isArray(map) ? (map as readonly Node[]).map(({ key }) => String(key)) : []
  return node.type === 'RECURSIVE_CTE_NODE' || node.type === 'CTE_NODE' ? [...names, String(node.cte_name)] : names
}

function checkNode(node: Node, known: ReadonlySet<string>): void {
  if (node.type === 'BASE_TABLE') {
    const name = String(node.table_name)
    const isQualified = [node.schema_name, node.catalog_name].some((part) => part !== undefined && part !== '')
    if (isQualified || !known.has(name.toLowerCase())) throw refused(`there is no table ${name}`)
  }
  if (node.type === 'TABLE_FUNCTION') {
    const name = String((node.function as Node | undefined)?.function_name)
    if (!tableFunctions.has(name.toLowerCase())) throw refused(`the function ${name} is not allowed`)
  }
  if (node.type === 'SHOW_REF' && (node.query === null || node.query === undefined)) {
    throw refused('only a select is allowed')
  }
  if (node.class === 'FUNCTION' || node.class === 'WINDOW') {
    const name = String(node.function_name).toLowerCase()
    const isQualified = ![undefined, '', 'main'].includes(node.schema as string | undefined)
    if (isQualified || refusedFunctions.test(name)) throw refused(`the function ${name} is not allowed`)
  }
}
