import { createRequire } from 'node:module'

/**
 * The engine by `require`: an import reads each of its files once more to learn their names, which costs a short process as much time as
 * loading them.
 */
const engine: typeof import('@duckdb/node-api') = createRequire(import.meta.url)('@duckdb/node-api')

export const { DuckDBInstance, DuckDBTypeId } = engine
