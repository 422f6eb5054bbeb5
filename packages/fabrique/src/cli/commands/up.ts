import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fabriqueVersion, type Language } from '@fabrique/contract'
import { type Config, type LoadedProject, type Supervisor, type SupervisorEvent, supervise } from '@fabrique/server'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { findProjectFolders, loadProject } from '../../project/load-project.js'
import { adminAddress } from '../admin-address.js'
import { authMessages } from '../auth-messages.js'
import { configOf } from '../config-of.js'
import { type FollowResult, followLoops } from '../follow-loops.js'
import { messages, terminalLanguage } from '../messages.js'
import { progressLines } from '../progress-lines.js'
import { describeError } from '../report-error.js'
import { settleMemory } from '../settle-memory.js'

type Flags = Readonly<Record<string, unknown>>

/** Starts database, server and worker, runs the loop of new models, prints the addresses, and keeps all running. */
export async function up(dir: string, flags: Flags): Promise<void> {
  const config = configOf(dir, flags)
  const language = terminalLanguage(config.language, process.env)
  const projects: LoadedProject[] = []
  for (const folder of findProjectFolders(dir)) projects.push(await loadProject(folder))
  const texts = messages(language)
  const lines = progressLines(process.stderr)
  lines.title(`Fabrique ${fabriqueVersion}  ${projects.map(({ definition }) => definition.name).join(', ')}`)

  let stopRequested: (() => void) | undefined
  const stopped = new Promise<'stop'>((resolve) => {
    stopRequested = () => resolve('stop')
  })
  let signals = 0
  const onSignal = () => {
    signals += 1
    if (signals > 2) process.exit(130)
    stopRequested?.()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)

  const starting = supervise({
    config,
    program: fileURLToPath(new URL('../../../bin/fabrique.mjs', import.meta.url)),
    roleArgs: (role, port) => [
      role,
      dir,
      ...flagArgs({ ...flags, port }),
      ...(role === 'worker' ? ['--start-loops'] : []),
    ],
    env: process.env,
    onEvent: (event) => show(event, config, language, lines),
  })
  const started = await Promise.race([starting, stopped])
  if (started === 'stop') return stopEarly(starting)
  const supervisor = started
  const follow = new AbortController()
  try {
    const url = addressOf(config, supervisor)
    const key = supervisor.key === undefined ? {} : { apiKey: supervisor.key }
    const client = apiClient({ url, language, userAgent: 'fabrique-up', ...key })
    const loops = followLoops(client, projects, { language, lines, signal: follow.signal })
    const first = await Promise.race([loops, stopped, supervisor.failed])
    if (first !== 'stop') {
      printAddresses(first.example, url, config, language)
      void settleMemory()
      if (first.failure !== undefined) process.stderr.write(describeError(first.failure, language).text)
      await Promise.race([stopped, supervisor.failed])
    }
  } finally {
    follow.abort()
    await supervisor.stop()
    lines.note(texts.stopped)
  }
  process.exit(0)
}

/**
 * Ctrl-C before everything was up: what comes up within a moment is stopped in order. A start that still waits, as for an
 * external database, has nothing to stop; parts end by themselves without their supervisor.
 */
async function stopEarly(starting: Promise<Supervisor>): Promise<never> {
  const supervisor = await Promise.race([starting.catch(() => undefined), sleep(5_000, undefined)])
  await supervisor?.stop()
  process.exit(130)
}

/** The flags as given, for the parts. */
function flagArgs(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, String(value)],
  )
}

function addressOf(config: Config, supervisor: Supervisor): string {
  const host = config.host === '0.0.0.0' || config.host === '::' ? '127.0.0.1' : config.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${supervisor.port}`
}

function show(
  event: SupervisorEvent,
  config: Config,
  language: Language,
  lines: ReturnType<typeof progressLines>,
): void {
  const texts = messages(language)
  switch (event.kind) {
    case 'database_progress':
      if (event.what === 'waiting_external') lines.note(texts.databaseWaiting(config.database_wait_s))
      if (event.what === 'initialising') lines.busy(texts.database, texts.databaseInit)
      if (event.what === 'starting') lines.busy(texts.database, texts.databaseStarting)
      return
    case 'database_ready':
      lines.done(
        texts.database,
        !event.embedded ? texts.databaseExternal : event.attached ? texts.databaseAttached : texts.databaseEmbedded,
      )
      return
    case 'server_ready':
      lines.done(texts.server, `http://${config.host}:${event.port}`)
      return
    case 'admin_link':
      lines.warn(authMessages(language).adminLink(...adminAddress(config, event)))
      return
    case 'worker_ready':
      lines.done(texts.worker, texts.workerReady)
      return
    case 'restarting':
      lines.warn(texts.restarting(texts.parts[event.part], event.reason))
      return
    case 'stopping':
      lines.note(texts.stopping)
      return
  }
}

/** What a newcomer needs next, on standard output. */
function printAddresses(example: FollowResult['example'], url: string, config: Config, language: Language): void {
  const texts = messages(language)
  const rows: [string, string][] = [[texts.pages, pc.cyan(url)]]
  if (example !== undefined) {
    const body = JSON.stringify(example).replaceAll("'", "'\\''")
    rows.push([texts.predict, `curl ${url}/predict -H 'content-type: application/json' -d '${body}'`])
  }
  rows.push([texts.api, `${url}/docs`], [texts.tracking, `MLFLOW_TRACKING_URI=${url}`], [texts.data, config.dataDir])
  const width = Math.max(...rows.map(([name]) => name.length))
  const text = rows.map(([name, value]) => `  ${pc.bold(name.padEnd(width))}  ${value}`).join('\n')
  process.stdout.write(`\n${text}\n\n  ${pc.dim(texts.stopHint)}\n\n`)
}
