import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'

type EngineModule = typeof import('@duckdb/node-api')

const require = createRequire(import.meta.url)
const bundled = fileURLToPath(new URL('./node-api.cjs', import.meta.url))
/** What the same version of V8 has compiled of it; another one compiles anew. */
const compiled = `${bundled}.${process.versions.v8}.cache`

/**
 * The package of the engine, loaded at the first call: its native library costs 70 MB of address space that most processes never need. It is
 * one file that the build makes, since its 120 files take a short process as long as much of its work; the package itself where nothing was
 * built. Required rather than imported: an import reads the file once more to learn its names.
 */
export function engineModule(): EngineModule {
  if (!existsSync(bundled)) return require('@duckdb/node-api')
  if (require.cache[bundled] === undefined && existsSync(compiled)) loadScript(readFileSync(compiled))
  return require(bundled)
}

/** Keeps what is compiled of the bundle, for the processes that come: what `work` calls of it is in that too. For the build. */
export async function keepCompiledEngine(work: (engine: EngineModule) => Promise<void>): Promise<void> {
  const script = loadScript(undefined)
  await work(engineModule())
  writeFileSync(compiled, script.createCachedData())
}

/** Runs the bundle as `require` does, which finds it afterwards. */
function loadScript(cachedData: Buffer | undefined): Script {
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundled, 'utf8')}\n})`
  const script = new Script(source, { filename: bundled, ...(cachedData === undefined ? {} : { cachedData }) })
  const module = new Module(bundled)
  module.filename = bundled
  require.cache[bundled] = module
  try {
    script.runInThisContext()(module.exports, createRequire(bundled), module, bundled, dirname(bundled))
    module.loaded = true
  } catch (error) {
    delete require.cache[bundled]
    throw error
  }
  return script
}
