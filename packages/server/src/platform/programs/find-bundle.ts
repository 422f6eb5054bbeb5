import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(import.meta.url)
const built = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The path of one of our programs as the few files that the build makes of its hundreds: reading these takes a short process longer than
 * its work. Undefined where there is none, or where one of the packages was compiled again since.
 */
export function findBundle(name: string): string | undefined {
  const others = ['@fabrique/contract', '@fabrique/ml'].map((one) => dirname(require.resolve(one)))
  return newestOf(join(built, 'bundled', name), [built, ...others])
}

/** The path, unless something in these folders of compiled modules is newer. */
export function newestOf(path: string, compiled: readonly string[]): string | undefined {
  const bundledAt = changedAt(path)
  if (bundledAt === undefined) return undefined
  // An installed package has no such file: it is never compiled again.
  return compiled.some((folder) => (changedAt(join(folder, '.tsbuildinfo')) ?? 0) > bundledAt) ? undefined : path
}

const changedAt = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs
