import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const ml = join(dirname(fileURLToPath(import.meta.url)), 'packages', 'ml')

/** Built packages run as they are: in what vitest transforms, each import is a look-up, which makes hot loops many times slower. */
const server = { deps: { external: [/\/packages\/[^/]+\/dist\//] } }

/** Whether the numerics were built after the last change of their sources. */
function isBuilt(): boolean {
  const built = join(ml, 'dist', '.tsbuildinfo')
  if (!existsSync(built)) return false
  const builtAt = statSync(built).mtimeMs
  return readdirSync(join(ml, 'src'), { recursive: true, encoding: 'utf8' }).every(
    (path) => !path.endsWith('.ts') || path.endsWith('.test.ts') || statSync(join(ml, 'src', path)).mtimeMs <= builtAt,
  )
}

/** The tests of the numerics use the built modules, unless a source has changed since. */
const builtNumerics = {
  name: 'built-numerics',
  enforce: 'pre' as const,
  resolveId(source: string, importer: string | undefined) {
    if (!source.startsWith('.') || importer?.startsWith(`${ml}/`) !== true || !isFresh) return null
    const path = resolve(dirname(importer), source)
    if (!path.startsWith(`${join(ml, 'src')}/`)) return null
    const built = path.replace(join(ml, 'src'), join(ml, 'dist'))
    return existsSync(built) ? built : null
  },
}
const isFresh = isBuilt()

/** The servers that suites with a database use, one for each worker; none for the embedded ones. */
const databaseServers = (process.env.TEST_DATABASE_URL ?? '').split(' ').filter((url) => url !== '')

/** Files that wait most come first, so that none of them is left alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => /\/e2e\/|\/embedded-postgres\//.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

/** Three projects: `tidy` walks the tree, `unit` is pure, `int` starts processes and uses the disk. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    teardownTimeout: 120_000,
    projects: [
      { test: { name: 'tidy', include: ['test/tidy/**/*.test.ts'], testTimeout: 120_000 } },
      {
        plugins: [builtNumerics],
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.{ts,tsx}'],
          exclude: ['**/*.int.test.ts', '**/node_modules/**', '**/dist/**'],
          // Nothing pure leaves anything behind: the files of a worker share what they import.
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          server,
        },
      },
      {
        plugins: [builtNumerics],
        test: {
          name: 'int',
          include: ['packages/*/src/**/*.int.test.ts', 'packages/*/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['packages/server/test/support/database-servers.ts'],
          // These bound waiting for what never comes; no test is to need them.
          testTimeout: 480_000,
          hookTimeout: 480_000,
          expect: { poll: { timeout: 240_000, interval: 50 } },
          maxWorkers: databaseServers.length || 3,
          sequence: { groupOrder: 1 },
          server,
        },
      },
    ],
  },
})
