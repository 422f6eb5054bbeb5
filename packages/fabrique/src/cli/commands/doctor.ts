import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { errorMessage, FabriqueError, isFabriqueError, type Language, routes } from '@fabrique/contract'
import { type Config, limits } from '@fabrique/server'
import pc from 'picocolors'
import { apiClient } from '../../client/index.js'
import { findProjectFolders, loadProject } from '../../project/load-project.js'
import { configOf } from '../config-of.js'
import { formatBytes } from '../format.js'
import { messages, terminalLanguage } from '../messages.js'
import { describeError } from '../report-error.js'
import { serverUrl } from '../server-url.js'

interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
  readonly code?: string
}

/** Runs every check; exit status 1 when one finds a problem. */
export async function doctor(dir: string, flags: Readonly<Record<string, unknown>>): Promise<void> {
  const config = configOf(dir, flags)
  const language = terminalLanguage(config.language, process.env)
  const checks: [string, () => Promise<string>][] = [
    ['node', checkNode],
    ['project', () => checkProject(dir)],
    ['data folder', () => checkDataFolder(config)],
    ['disk', () => checkDisk(config, language)],
    ['onnxruntime', checkOnnxRuntime],
    ['server', () => checkServer(config, language)],
  ]
  const findings: Finding[] = []
  for (const [check, run] of checks) findings.push(await examine(check, run, language))
  const problems = findings.filter(({ ok }) => !ok)
  if (problems.length > 0) process.exitCode = 1
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`)
    return
  }
  for (const { check, ok, detail } of findings) {
    process.stdout.write(`  ${ok ? pc.green('✔') : pc.red('✖')} ${check.padEnd(14)}${detail}\n`)
  }
  const texts = messages(language)
  process.stdout.write(`\n${problems.length === 0 ? texts.doctorOk : texts.doctorFound(problems.length)}\n`)
}

async function examine(check: string, run: () => Promise<string>, language: Language): Promise<Finding> {
  try {
    return { check, ok: true, detail: await run() }
  } catch (error) {
    if (isFabriqueError(error)) return { check, ok: false, detail: errorMessage(error, language), code: error.code }
    const detail = error instanceof Error ? error.message : describeError(error, language).text
    return { check, ok: false, detail }
  }
}

async function checkNode(): Promise<string> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19))
    throw new Error(`Node ${process.versions.node} is too old: use 20.19 or later`)
  return `Node ${process.versions.node}, ${process.platform}-${process.arch}`
}

async function checkProject(dir: string): Promise<string> {
  const names: string[] = []
  for (const folder of findProjectFolders(dir)) names.push((await loadProject(folder)).definition.name)
  return names.join(', ')
}

async function checkDataFolder({ dataDir }: Config): Promise<string> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await access(dataDir, constants.W_OK | constants.R_OK | constants.X_OK)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new FabriqueError('data_folder_not_writable', { folder: dataDir, reason }, { cause: error })
  }
  return dataDir
}

async function checkDisk({ dataDir }: Config, language: Language): Promise<string> {
  const { bavail, bsize } = await statfs(dataDir)
  const free = bavail * bsize
  if (free < limits['disk.free_bytes_min'].default) throw new FabriqueError('disk_full', { folder: dataDir })
  return formatBytes(free, language)
}

async function checkOnnxRuntime(): Promise<string> {
  const { inferenceVersion } = await import('@fabrique/server/roles')
  return `onnxruntime ${await inferenceVersion()}`
}

/** A server that answers is well when its parts are; where none answers, the port must be free. */
async function checkServer(config: Config, language: Language): Promise<string> {
  const { host, port } = config
  const url = serverUrl({ url: `http://${host}:${port}` })
  try {
    const { state, parts, version } = await apiClient({ url, language, timeoutMs: 3_000 }).call(routes.getStatus)
    const down = parts.filter((part) => part.state !== 'up').map(({ name, detail }) => `${name} (${detail ?? ''})`)
    if (state !== 'up') throw new Error(`${url}: ${down.join(', ')}`)
    return `${url}, ${version}`
  } catch (error) {
    if (!isFabriqueError(error) || error.code !== 'server_not_running') throw error
    await refuseTaken(host, port)
    return `- (${url})`
  }
}

async function refuseTaken(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => reject(new FabriqueError('port_taken', { host, port }, { cause: error })))
    probe.listen({ host, port }, () => probe.close(() => resolve()))
  })
}
