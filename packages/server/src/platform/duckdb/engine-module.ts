import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const bundled = fileURLToPath(new URL('./node-api.cjs', import.meta.url))

/**
 * The package of the engine, loaded at the first call: its native library costs 70 MB of address space that most processes never need. It is
 * one file that the build makes, since its 120 files take a short process as long as much of its work; the package itself where nothing was
 * built. Required rather than imported: an import reads the file once more to learn its names.
 */
export function engineModule(): typeof import('@duckdb/node-api') {
  return require(existsSync(bundled) ? bundled : '@duckdb/node-api')
}
