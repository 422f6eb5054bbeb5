import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { type EmbeddedPostgresEvent, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './index.js'
import { serverProcesses } from './process-probe.js'

/** Test support only: a temp home per test, and programs that start the server in a process of their own. */
export interface TestHome {
  readonly path: string
  readonly dataDir: string
  readonly events: EmbeddedPostgresEvent[]
  options(more?: Partial<EmbeddedPostgresOptions>): EmbeddedPostgresOptions
  /** Kills whatever still serves the folder and removes it. */
  dispose(): void
}

export const IS_ROOT = process.getuid?.() === 0
export const NOBODY = { uid: 65534, gid: 65534 }

export function makeHome(inside = ''): TestHome {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'fabrique-pg-test-')))
  chmodSync(root, 0o755)
  const path = join(root, inside)
  const dataDir = join(path, 'postgres')
  const events: EmbeddedPostgresEvent[] = []
  return {
    path,
    dataDir,
    events,
    options: (more) => ({ dataDir, logFile: join(path, 'logs', 'pg.log'), onEvent: (e) => events.push(e), ...more }),
    dispose: () => {
      for (const pid of serverProcesses(dataDir)) process.kill(pid, 'SIGKILL')
      rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    },
  }
}

/** A stopped cluster, made once for a file: a test that starts with a copy does not wait for `initdb`. */
export interface TestCluster {
  copyTo(home: TestHome): void
  dispose(): void
}

export async function makeCluster(): Promise<TestCluster> {
  const made = makeHome()
  await (await startEmbeddedPostgres(made.options())).stop()
  return {
    copyTo: ({ dataDir }) => {
      cpSync(made.dataDir, dataDir, { recursive: true })
      chmodSync(dataDir, 0o700)
    },
    dispose: () => made.dispose(),
  }
}

export async function query(address: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: address })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end().catch(() => {})
  }
}

const STARTER = `import { startEmbeddedPostgres } from './embedded-postgres/index.js'
const [, , options, then] = process.argv
const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n')
try {
  const server = await startEmbeddedPostgres(JSON.parse(options))
  say({ pid: server.pid, attached: server.attached, socketDir: server.socketDir })
  if (then === 'stop') await server.stop()
  if (then === 'hold') setInterval(() => {}, 1000)
} catch (error) {
  say({ code: error.code, message: error.message })
}
`

/** This folder, compiled, in a temp folder: any user may read it there. */
export function compileStarter(): { readonly file: string; readonly folder: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fabrique-pg-starter-')))
  chmodSync(folder, 0o755)
  const here = dirname(fileURLToPath(import.meta.url))
  const require = createRequire(import.meta.url)
  const packages = dirname(dirname(require.resolve('typescript/package.json')))
  symlinkSync(packages, join(folder, 'node_modules'))
  const compiled = join(folder, 'embedded-postgres')
  // The tests run the built modules, or the sources where those are old.
  if (existsSync(join(here, 'index.js'))) cpSync(here, compiled, { recursive: true })
  else compile(here, { folder, packages, outDir: compiled })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const file = join(folder, 'starter.js')
  writeFileSync(file, STARTER)
  return { file, folder }
}

function compile(
  here: string,
  { folder, packages, outDir }: Readonly<Record<'folder' | 'packages' | 'outDir', string>>,
) {
  const compilerOptions = {
    ...{ target: 'es2023', module: 'nodenext', types: ['node'], typeRoots: [join(packages, '@types')] },
    ...{ skipLibCheck: true, noCheck: true, rootDir: here, outDir },
  }
  const project = join(folder, 'tsconfig.json')
  writeFileSync(project, JSON.stringify({ compilerOptions, files: [join(here, 'index.ts')] }))
  execFileSync(process.execPath, [join(packages, 'typescript', 'bin', 'tsc'), '-p', project])
}

export interface Started {
  readonly child: ChildProcess
  readonly pid: number
  readonly attached: boolean
  readonly socketDir: string
  readonly code?: string
  readonly message?: string
}

/** Starts the server in another process and returns the first thing that process says. */
export function startElsewhere(
  starter: string,
  options: EmbeddedPostgresOptions,
  then: 'stop' | 'hold' | 'leave',
  user?: { uid: number; gid: number },
): Promise<Started> {
  const child = spawn(process.execPath, [starter, JSON.stringify(options), then], {
    ...user,
    cwd: '/',
    // A group of its own, like a program in a terminal, so that a test can hit the whole group.
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8')
    })
    const answer = (): void => {
      const line = said.split('\n')[0] ?? ''
      if (line === '') reject(new Error('The starter said nothing'))
      else resolve({ child, ...(JSON.parse(line) as Omit<Started, 'child'>) })
    }
    if (then === 'hold') child.stdout?.once('data', () => setImmediate(answer))
    else child.once('close', answer)
  })
}
