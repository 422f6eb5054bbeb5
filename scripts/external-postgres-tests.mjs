// `npm run test:postgres`: the suites that need a database, on an external PostgreSQL over TCP instead of the embedded one.
// TEST_DATABASE_URL names a server, or several with spaces between them; without it, Debian's PostgreSQL is started twice in temporary
// folders. One suite at a time uses a server: an open transaction of another one would hold back the events of all. The last line is
// `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const isRoot = process.getuid?.() === 0

/** The folder of the newest server programs that Debian installed. */
function serverPrograms() {
  const base = '/usr/lib/postgresql'
  const versions = existsSync(base)
    ? readdirSync(base).filter((name) => existsSync(join(base, name, 'bin', 'initdb')))
    : []
  const newest = versions.sort((left, right) => Number(right) - Number(left))[0]
  return newest === undefined ? undefined : join(base, newest, 'bin')
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options })
  if (result.error !== undefined) throw result.error
  return result.status ?? 1
}

async function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

/** The folder of the server programs, which are installed where they are missing and may be. */
function findPrograms() {
  let programs = serverPrograms()
  if (programs === undefined && isRoot && existsSync('/usr/bin/apt-get')) {
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'postgresql'])
    programs = serverPrograms()
  }
  if (programs === undefined)
    throw new Error('PostgreSQL is missing: apt-get install postgresql, or set TEST_DATABASE_URL')
  return programs
}

/** Starts a server of its own; returns its address and how to stop it. */
async function startServer(programs) {
  // The server refuses to run as root; Debian's package makes the user postgres.
  const [uid, gid] = isRoot
    ? readFileSync('/etc/passwd', 'utf8')
        .match(/^postgres:[^:]*:(\d+):(\d+)/m)
        .slice(1)
        .map(Number)
    : []
  const identity = isRoot ? { uid, gid } : {}
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-pg-'))
  if (isRoot) chownSync(folder, uid, gid)
  const data = join(folder, 'data')
  const port = await freePort()
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off -k ${folder}`
  const control = (...args) =>
    run(join(programs, 'pg_ctl'), ['-D', data, '-s', '-w', ...args], { ...identity, cwd: folder })
  const made = run(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'fabrique', '--auth=trust', '-E', 'UTF8', '--no-locale', '-N'],
    {
      ...identity,
      cwd: folder,
      stdio: 'ignore',
    },
  )
  if (made !== 0 || control('start', '-l', join(folder, 'log'), '-o', settings) !== 0)
    throw new Error('PostgreSQL did not start')
  return {
    url: `postgresql://fabrique@127.0.0.1:${port}/postgres`,
    stop: () => {
      control('stop', '-m', 'fast')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const given = process.env.TEST_DATABASE_URL
const programs = given ? undefined : findPrograms()
const servers = given ? [{ url: given, stop: () => {} }] : [await startServer(programs), await startServer(programs)]
const url = servers.map((server) => server.url).join(' ')
const reports = mkdtempSync(join(tmpdir(), 'fabrique-reports-'))
let counts = { passed: 0, failed: 1 }
try {
  const output = join(reports, 'report.json')
  // What has SQL of its own. Numerics, sources and processes meet the database through these.
  const contexts =
    'artifacts datasets/ingest datasets/snapshots evaluation flows imports jobs lineage projects registry remotes/collect traces tracking trash validation webhooks'
  const suites = [
    ...contexts.split(' ').map((name) => `packages/server/src/contexts/${name}`),
    'packages/server/src/platform/events',
    'packages/server/src/platform/verbs',
  ]
  run(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      'int',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${output}`,
      ...suites,
    ],
    { cwd: root, env: { ...process.env, TEST_DATABASE_URL: url, TEST_DATABASE_IS_OURS: given ? '' : '1' } },
  )
  const report = JSON.parse(readFileSync(output, 'utf8'))
  counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + (report.success ? 0 : Number(report.numFailedTests === 0)),
  }
} finally {
  for (const server of servers) server.stop()
  rmSync(reports, { recursive: true, force: true })
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 ? 0 : 1
