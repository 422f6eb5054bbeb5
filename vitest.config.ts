import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const packages = join(dirname(fileURLToPath(import.meta.url)), 'packages')

/** Built packages run as they are: in what vitest transforms, each import is a look-up, which makes hot loops many times slower. */
const server = { deps: { external: [/\/packages\/[^/]+\/dist\//] } }

/** Whether a package was built after the last change of its sources. */
function isBuilt(name: string): boolean {
  const folder = join(packages, name)
  const built = join(folder, 'dist', '.tsbuildinfo')
  if (!existsSync(built)) return false
  const builtAt = statSync(built).mtimeMs
  return readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).every(
    (path) => !/(?<!\.test)\.tsx?$/.test(path) || statSync(join(folder, 'src', path)).mtimeMs <= builtAt,
  )
}

/** The tests of a package use its built modules, unless a source has changed since: they are loaded many times faster. */
function builtModules(name: string) {
  const folder = join(packages, name)
  const src = join(folder, 'src')
  const isFresh = isBuilt(name)
  return {
    name: `built-${name}`,
    enforce: 'pre' as const,
    resolveId(source: string, importer: string | undefined) {
      if (!source.startsWith('.') || importer?.startsWith(`${folder}/`) !== true || !isFresh) return null
      const path = resolve(dirname(importer), source)
      if (!path.startsWith(`${src}/`)) return null
      const built = path.replace(src, join(folder, 'dist'))
      // What was built from a source that is gone stays there.
      return existsSync(built) && existsSync(path.replace(/\.js$/, '.ts')) ? built : null
    },
  }
}
const plugins = [builtModules('ml'), builtModules('server')]

/** The servers that suites with a database use, one for each worker; none for the embedded ones. */
const databaseServers = (process.env.TEST_DATABASE_URL ?? '').split(' ').filter((url) => url !== '')

/** Files that wait most come first, so that none of them is left alone at the end; what only computes fills up the gaps. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const turnOf = ({ moduleId, project }: TestSpecification) =>
      /\/e2e\/|\/embedded-postgres\//.test(moduleId) ? 0 : project.name === 'int' ? 1 : 2
    return (await super.sort(files)).toSorted((left, right) => turnOf(left) - turnOf(right))
  }
}

/** One number for all projects, so that they run beside each other: by itself a machine of two cores would use one for what only computes. */
const maxWorkers = databaseServers.length || 4

/**
 * Room for young objects from the start: without it a tenth of the time goes into moving them. Nothing is compiled beside the code that runs: Node.js 20
 * ends a process in which a worker thread ends meanwhile.
 */
const execArgv = ['--min-semi-space-size=16', '--no-concurrent-recompilation']

/** Projects that run at all; a run of everything that has had the others need not have them again. */
const wanted = (process.env.TEST_PROJECTS ?? 'tidy,unit,int,e2e').split(',')

/** What starts processes and uses the disk. */
const integration = {
  exclude: ['**/node_modules/**', '**/dist/**'],
  // The files of a worker share the built modules; each closes what it opens. Sources that vitest transforms are not shared.
  isolate: !isBuilt('server'),
  globalSetup: ['packages/server/test/support/database-servers.ts'],
  // These bound waiting for what never comes; no test is to need them.
  testTimeout: 480_000,
  hookTimeout: 480_000,
  expect: { poll: { timeout: 240_000, interval: 50 } },
  maxWorkers,
  execArgv,
  server,
}

/**
 * Four projects: `tidy` walks the tree, `unit` is pure, `int` starts processes and uses the disk, `e2e` runs the whole program as its users
 * do.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    teardownTimeout: 120_000,
    projects: [
      { test: { name: 'tidy', include: ['test/tidy/**/*.test.ts'], testTimeout: 120_000, maxWorkers } },
      {
        plugins,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.{ts,tsx}'],
          exclude: ['**/*.int.test.ts', '**/node_modules/**', '**/dist/**'],
          // Nothing pure leaves anything behind: the files of a worker share what they import.
          isolate: false,
          maxWorkers,
          execArgv,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 60_000, interval: 10 } },
          server,
        },
      },
      {
        plugins,
        test: {
          ...integration,
          name: 'int',
          include: ['packages/*/src/**/*.int.test.ts', 'packages/{contract,ml,server,web}/test/**/*.test.ts'],
        },
      },
      { plugins, test: { ...integration, name: 'e2e', include: ['packages/fabrique/test/**/*.test.ts'] } },
    ].filter(({ test }) => wanted.includes(test.name)),
  },
})
