import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

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

/** Three projects: `tidy` walks the tree, `unit` is pure, `int` starts processes and uses the disk. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'tidy', include: ['test/tidy/**/*.test.ts'] } },
      {
        plugins: [builtNumerics],
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.{ts,tsx}'],
          exclude: ['**/*.int.test.ts', '**/node_modules/**', '**/dist/**'],
          server,
        },
      },
      {
        plugins: [builtNumerics],
        test: {
          name: 'int',
          include: ['packages/*/src/**/*.int.test.ts', 'packages/*/test/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          server,
        },
      },
    ],
  },
})
