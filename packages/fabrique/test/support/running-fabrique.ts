import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Finished, runWarm } from './warm-commands.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')

/** A copy of the Iris project in a temporary folder, which finds the packages of this clone. */
export function copyOfIris(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fabrique-e2e-')))
  for (const name of ['fabrique.config.ts', 'package.json', 'data']) {
    cpSync(join(root, 'examples', 'iris', name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** A project of these files in a temporary folder, which finds the packages of this clone. */
export function projectOf(files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fabrique-e2e-')))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** A project that declares nothing: nothing goes on in its server but what a test asks for. */
export function emptyProject(): string {
  const config =
    "import { defineProject } from 'fabrique'\nexport default defineProject({ name: 'empty', datasets: [] })\n"
  return projectOf({ 'fabrique.config.ts': config, 'package.json': '{"name":"empty","type":"module"}' })
}

export interface RunningFabrique {
  readonly url: string
  readonly pid: number
  /** What it printed so far. */
  output(): string
  /** Ends it with a signal and waits. */
  end(signal: NodeJS.Signals): Promise<Finished>
}

function environmentOf(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { DATABASE_URL: _, ...inherited } = process.env
  // The synthetic example does nothing by itself: what a test sees is what it asked for.
  const fixed = { NO_COLOR: '1', FABRIQUE_LANG: 'en', FABRIQUE_LOG_FORMAT: 'off', SYNTHETIC_EVERY: 'off' }
  return { ...inherited, ...fixed, ...env }
}

function launch(args: readonly string[], env: Readonly<Record<string, string>>, prefix: readonly string[] = []) {
  const [command = process.execPath, ...rest] = [...prefix, process.execPath, program, ...args]
  const child: ChildProcess = spawn(command, rest, { env: environmentOf(env), stdio: ['ignore', 'pipe', 'pipe'] })
  const found = { stdout: '', stderr: '' }
  child.stdout?.on('data', (text) => {
    found.stdout += text
  })
  child.stderr?.on('data', (text) => {
    found.stderr += text
  })
  const exited = new Promise<Finished>((resolve) => child.once('close', (status) => resolve({ status, ...found })))
  return { child, found, exited }
}

/** A role of its own, as `worker DIR`, beside what `fabrique up` runs; `prefix` is a program that starts it elsewhere. */
export function startRole(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  prefix: readonly string[] = [],
): { readonly child: ChildProcess; readonly exited: Promise<Finished> } {
  return launch(args, env, prefix)
}

/** Runs a command to its end: in a process that has run others before, or with TEST_COMMANDS=cold in one of its own. */
export function runFabrique(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  if (process.env.TEST_COMMANDS === 'cold') return launch(args, env).exited
  return runWarm({ program, args, env: environmentOf(env) })
}

/** A new project in a temporary folder, as `fabrique init` writes it: nothing is installed there. */
export async function newProject(template: string): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fabrique-e2e-')))
  const { status, stderr } = await runFabrique(['init', folder, '--template', template])
  if (status !== 0) throw new Error(stderr)
  return folder
}

const running = new Set<number>()

/** Starts `fabrique up` and waits for its addresses. */
export async function startFabrique(
  folder: string,
  args: readonly string[] = ['--port', '0'],
  env: Readonly<Record<string, string>> = {},
  onProgress: (output: string) => void = () => {},
): Promise<RunningFabrique> {
  const { child, found, exited } = launch(['up', folder, ...args], env)
  child.stderr?.on('data', () => onProgress(found.stderr))
  let over: Finished | undefined
  void exited.then((finished) => {
    over = finished
  })
  const { pid } = child
  if (pid === undefined) throw new Error('The program did not start')
  running.add(pid)
  for (;;) {
    const url = /Pages\s+(http:\S+)/.exec(found.stdout)?.[1]
    if (url !== undefined) {
      return {
        url,
        pid,
        output: () => found.stdout + found.stderr,
        end: async (signal) => {
          child.kill(signal)
          running.delete(pid)
          return exited
        },
      }
    }
    if (over !== undefined) throw new Error(`It ended with ${over.status}:\n${over.stderr}${over.stdout}`)
    await sleep(50)
  }
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        if (state === 'Z') return []
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return [{ pid: Number(name), parent: Number(parent), command }]
      } catch {
        return []
      }
    })
}

/** Every process of a project folder: the program, its parts, and the database server with its backends. */
export function processesOf(folder: string): {
  readonly all: readonly number[]
  part(name: string): number | undefined
  parts(name: string): readonly number[]
} {
  const known = processes()
  const mine = new Set(known.filter(({ command }) => command.includes(folder)).map(({ pid }) => pid))
  for (let size = -1; size !== mine.size; ) {
    size = mine.size
    for (const { pid, parent } of known) if (mine.has(parent)) mine.add(pid)
  }
  mine.delete(process.pid)
  const parts = (name: string) =>
    known.filter(({ pid, command }) => mine.has(pid) && command.includes(` ${name} ${folder}`)).map(({ pid }) => pid)
  return {
    all: [...mine],
    part: (name) => parts(name)[0] ?? (name === 'postgres' ? postmasterOf(folder) : undefined),
    parts,
  }
}

/** The database server of a folder. */
export function postmasterOf(folder: string): number | undefined {
  try {
    return Number(readFileSync(join(folder, '.fabrique', 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
  } catch {
    return undefined
  }
}

/** `kill -9` of a process that must be there. */
export function killHard(pid: number | undefined): void {
  if (pid === undefined) throw new Error('There is no process to kill')
  process.kill(pid, 'SIGKILL')
}

/** Kills every process of a folder without giving it a chance to clean up. */
export function killAll(folder: string): void {
  for (const pid of processesOf(folder).all) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It is gone already.
    }
  }
}

/** What goes with a project folder. */
const endings = new Map<string, () => Promise<void>>()

/** Has something else ended when a project folder is removed, and no process uses it any more. */
export function whenCleanedUp(folder: string, end: () => Promise<void>): void {
  endings.set(folder, end)
}

/** Removes a project folder and whatever still runs in it. */
export async function cleanUp(folder: string): Promise<void> {
  await until('every process is gone', () => {
    killAll(folder)
    return processesOf(folder).all.length === 0
  })
  await endings.get(folder)?.()
  endings.delete(folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

/** Waits until a condition holds. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeoutMs = 240_000,
): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`)
    await sleep(50)
  }
}

export async function getJson<Reply>(url: string): Promise<Reply> {
  const reply = await fetch(url)
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}: ${await reply.text()}`)
  return (await reply.json()) as Reply
}

export interface PredictReply {
  readonly prediction: string
  readonly probabilities: Readonly<Record<string, number>>
  readonly model: string
  readonly version: string
}

export async function predict<Reply = PredictReply>(url: string, body: unknown = { features: [5.1, 3.5, 1.4, 0.2] }) {
  const reply = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: reply.status, body: (await reply.json()) as Reply & { readonly code?: string } }
}
