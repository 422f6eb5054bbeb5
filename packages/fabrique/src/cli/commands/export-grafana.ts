import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Language } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract/client'
import pc from 'picocolors'
import { grafanaFiles } from '../../grafana/index.js'
import { exportMessages, exportReason } from '../export-messages.js'
import { printJson } from '../print-json.js'
import { printable } from '../printable.js'
import { terminalLanguage } from '../terminal-language.js'

export interface ExportGrafanaFlags {
  readonly out: string
  readonly prometheus: string
  readonly target?: readonly string[]
  readonly keyFile?: string
  readonly json?: boolean
  readonly lang?: Language
}

interface Written {
  readonly path: string
  readonly isChanged: boolean
}

/** Writes what Grafana and Prometheus read. Files that are there already are replaced where they differ, others are left alone. */
export async function exportGrafana(flags: ExportGrafanaFlags): Promise<void> {
  const { out, prometheus, target: targets = ['127.0.0.1:8000'], keyFile, json } = flags
  const language = terminalLanguage(flags.lang, process.env)
  if (!isAddress(prometheus)) throw wrong('--prometheus', 'address')
  if (!targets.every(isTarget)) throw wrong('--target', 'target')
  if (keyFile?.trim() === '') throw wrong('--key-file', 'keyFile')
  const folder = resolve(out)
  const written: Written[] = []
  for (const [path, text] of grafanaFiles({ prometheus, targets, keyFile, language })) {
    written.push({ path, isChanged: await replaceFile(join(folder, path), text) })
  }
  if (json === true) {
    const files = written.map(({ path, isChanged }) => ({ path, state: isChanged ? 'written' : 'unchanged' }))
    return printJson({ folder, language, files })
  }
  const texts = exportMessages(language)
  const lines = written.map(({ path, isChanged }) => (isChanged ? path : pc.dim(`${path}  ${texts.unchanged}`)))
  const place = printable(folder)
  const steps = [
    `prometheus --config.file=${place}/prometheus/prometheus.yml  ${pc.dim(texts.prometheus)}`,
    `${place}/grafana  ${pc.dim(texts.grafana)}`,
  ]
  const list = [...lines, '', texts.next, ...steps.map((step) => `  ${step}`)].join('\n')
  process.stdout.write(`${pc.green('✔')} ${texts.written(written.length, place)}\n\n${list}\n`)
}

function wrong(field: string, reason: Parameters<typeof exportReason>[0]): FabriqueError<'invalid_request'> {
  return new FabriqueError('invalid_request', { field, ...exportReason(reason) }, { field })
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

/** A host, or an address of IPv6 in brackets, and a port. */
function isTarget(text: string): boolean {
  const parts = /^([\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(text)
  return parts !== null && Number(parts[2]) > 0 && Number(parts[2]) < 65_536
}

/** Whether it was another before. Who reads it meanwhile reads one of the two, never a part. */
async function replaceFile(path: string, text: string): Promise<boolean> {
  const before = await readFile(path, 'utf8').catch(() => undefined)
  if (before === text) return false
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(beside, text)
    await rename(beside, path)
    return true
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {})
    const reason = error instanceof Error ? error.message.replaceAll(beside, path) : String(error)
    throw new FabriqueError('file_not_written', { path, reason }, { cause: error })
  }
}
