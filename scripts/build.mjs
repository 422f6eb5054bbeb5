// Builds every package when a source is newer than the last build; a no-op otherwise, so that `npm start` may call it each time.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const require = createRequire(import.meta.url)

/** Newest modification time, in milliseconds, of the files below the folders that a build reads. */
function newestSource(folder) {
  let newest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestSource(path) : statSync(path).mtimeMs)
  }
  return newest
}

function run(bin, args, cwd) {
  const result = spawnSync(process.execPath, [bin, ...args], { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.status !== 0) process.exit(result.status ?? 1)
}

function buildIfStale({ stamp, sources, build }) {
  const newest = Math.max(
    ...sources.map((source) => (statSync(source).isDirectory() ? newestSource(source) : statSync(source).mtimeMs)),
  )
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= newest) return
  const startedAt = new Date()
  build()
  writeFileSync(stamp, '')
  utimesSync(stamp, startedAt, startedAt)
}

/** The path of a command that an installed package provides. */
function bin(name, command) {
  const manifestPath = require.resolve(`${name}/package.json`)
  const { bin: entry } = require(manifestPath)
  return join(dirname(manifestPath), typeof entry === 'string' ? entry : entry[command])
}

const packages = join(root, 'packages')
const lockfile = join(root, 'node_modules', '.package-lock.json')
buildIfStale({
  stamp: join(packages, 'fabrique', 'dist', '.stamp'),
  sources: [lockfile, ...['contract', 'ml', 'server', 'fabrique'].map((name) => join(packages, name, 'src'))],
  build: () => run(bin('typescript', 'tsc'), ['-b', join(packages, 'fabrique')], root),
})
buildIfStale({
  stamp: join(packages, 'web', 'dist', '.stamp'),
  sources: [
    lockfile,
    join(packages, 'web', 'src'),
    join(packages, 'web', 'index.html'),
    join(packages, 'contract', 'src'),
  ],
  build: () => run(bin('vite', 'vite'), ['build', '--logLevel', 'warn'], join(packages, 'web')),
})
