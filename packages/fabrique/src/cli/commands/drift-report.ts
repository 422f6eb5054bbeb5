import { open, rename, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { Language } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract/client'
import type { ColumnDrift, DriftKind, DriftMode, DriftReport } from '@fabrique/ml/drift'
import pc from 'picocolors'
import { driftMessages, driftReason } from '../drift-messages.js'
import { formatBytes } from '../format.js'
import { printJson } from '../print-json.js'
import { printable } from '../printable.js'
import { progressLines } from '../progress-lines.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'
import { untilInterrupted } from '../until-interrupted.js'

export interface DriftReportFlags {
  readonly reference: string
  readonly current: string
  readonly mode: DriftMode
  readonly type?: readonly string[]
  readonly method?: readonly string[]
  readonly embedding?: readonly string[]
  readonly driftShare?: string
  readonly alpha?: string
  readonly minEffect?: string
  readonly minRows?: string
  readonly html?: string
  readonly threads?: string
  readonly json?: boolean
  readonly lang?: Language
}

/** Compares two plain files; needs no server. Status 1: something drifts, a column could not be compared as it should, or nothing could be tested. */
export async function driftReport(flags: DriftReportFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const asked = choicesOf(flags)
  const lines = progressLines(process.stderr)
  lines.busy(driftMessages(language).comparing, flags.current)
  await untilInterrupted(lines, async (signal) => {
    // Loaded at use, and apart from the other work on files: a small report is over sooner than all that is loaded.
    const { driftFiles, renderDriftReport } = await import('@fabrique/server/drift-files')
    const { reference, current, html } = flags
    const { report, distributions } = await driftFiles({ ...asked, reference, current, signal })
    const page =
      html === undefined ? undefined : await renderDriftReport({ report, distributions, reference, current, language })
    if (html !== undefined && page !== undefined) await writePage(html, page)
    lines.clear()
    if (flags.json === true) {
      const { driftDocument } = await import('@fabrique/ml/drift')
      printJson(driftDocument(report, { reference: { path: reference }, current: { path: current } }))
    } else process.stdout.write(await describe(report, { html, bytes: Buffer.byteLength(page ?? ''), language }))
    if (saysNo(report, asked.shareMin)) process.exitCode = 1
  })
}

/** A share that was asked for decides about columns that drift; one that could not be compared is no matter of shares. */
function saysNo({ datasetDrift, drifted, broken }: DriftReport, shareMin: number | undefined): boolean {
  if (datasetDrift === null || broken > 0) return true
  return shareMin === undefined ? drifted > 0 : datasetDrift
}

function wrong(field: string, reason: Parameters<typeof driftReason>[0]): FabriqueError<'invalid_request'> {
  return new FabriqueError('invalid_request', { field, ...driftReason(reason) }, { field })
}

function choicesOf(flags: DriftReportFlags) {
  const { mode, driftShare, alpha, minEffect, minRows } = flags
  if (mode !== 'calibrated' && alpha !== undefined) throw wrong('--alpha', 'calibratedOnly')
  if (mode !== 'calibrated' && minEffect !== undefined) throw wrong('--min-effect', 'calibratedOnly')
  const threads = flags.threads === undefined ? availableParallelism() : Number(flags.threads)
  if (!Number.isInteger(threads) || threads < 1) throw wrong('--threads', 'threadsExpected')
  const isShare = (value: number) => value > 0 && value < 1
  const types = new Map<string, DriftKind>()
  for (const [name, type] of pairsOf('--type', flags.type, 'typeExpected')) {
    if (type !== 'num' && type !== 'cat' && type !== 'text') throw wrong('--type', 'typeExpected')
    types.set(name, type)
  }
  return {
    mode,
    threads,
    types,
    methods: new Map(pairsOf('--method', flags.method, 'methodExpected')),
    embeddings: embeddingsOf(flags.embedding),
    shareMin: numberOf('--drift-share', driftShare, {
      isAllowed: (value) => value > 0 && value <= 1,
      reason: 'shareExpected',
    }),
    level: numberOf('--alpha', alpha, { isAllowed: isShare, reason: 'levelExpected' }),
    effectMin: numberOf('--min-effect', minEffect, { isAllowed: (value) => value >= 0, reason: 'effectExpected' }),
    rowsMin: numberOf('--min-rows', minRows, {
      isAllowed: (value) => Number.isInteger(value) && value >= 2,
      reason: 'rowsExpected',
    }),
  }
}

interface Allowed {
  readonly isAllowed: (value: number) => boolean
  readonly reason: Parameters<typeof driftReason>[0]
}

function numberOf(flag: string, text: string | undefined, { isAllowed, reason }: Allowed): number | undefined {
  if (text === undefined) return undefined
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!isAllowed(value)) throw wrong(flag, reason)
  return value
}

/** The name may hold an equals sign itself: what comes after the last one is meant. */
function pairsOf(
  flag: string,
  texts: readonly string[] = [],
  reason: 'typeExpected' | 'methodExpected',
): readonly (readonly [string, string])[] {
  return texts.map((text) => {
    const at = text.lastIndexOf('=')
    if (at <= 0 || at === text.length - 1) throw wrong(flag, reason)
    return [text.slice(0, at), text.slice(at + 1)]
  })
}

/** What comes after the first equals sign are columns, or one column of lists, or a pattern. */
function embeddingsOf(texts: readonly string[] = []): ReadonlyMap<string, string | readonly string[]> {
  const found = new Map<string, string | readonly string[]>()
  for (const text of texts) {
    const at = text.indexOf('=')
    const [name, of] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)]
    const columns = of.split(',').map((column) => column.trim())
    if (name === '' || columns.includes('')) throw wrong('--embedding', 'embeddingExpected')
    if (found.has(name)) throw wrong('--embedding', 'embeddingTwice')
    found.set(name, columns.length > 1 ? columns : (columns[0] ?? ''))
  }
  return found
}

async function writePage(path: string, page: string): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  try {
    const file = await open(beside, 'w')
    try {
      await file.writeFile(page)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    const reason = error instanceof Error ? error.message.replaceAll(beside, path) : String(error)
    throw new FabriqueError('file_not_written', { path, reason }, { cause: error })
  }
}

interface Told {
  readonly html: string | undefined
  readonly bytes: number
  readonly language: Language
}

function paintOf({ drift, state, broken }: Pick<ColumnDrift, 'drift' | 'state' | 'broken'>) {
  if (drift === true || broken) return pc.red
  return state === 'tested' ? pc.green : pc.yellow
}

async function describe(report: DriftReport, { html, bytes, language }: Told): Promise<string> {
  const { driftWords, methodTitle, resultOf, shortNumber } = await import('@fabrique/ml/drift')
  const words = driftWords(language)
  const number = (value: number | null) => (value === null ? '' : shortNumber(value, language))
  const rows = report.columns.map(({ name, method, score, threshold, state, drift, broken }) => [
    printable(name),
    paintOf({ drift, state, broken })(resultOf({ drift, state }, language)),
    method === null ? '' : methodTitle(method)[language],
    number(score),
    number(threshold),
  ])
  const header = [words.column, words.result, words.method, words.score, words.threshold]
  const remarks = report.columns
    .filter(({ drift, state }) => drift === true || state !== 'tested')
    .map(({ name, why }) => `${pc.bold(printable(name))}  ${why[language]}\n`)
  const isBad = report.drifted + report.broken > 0
  const mark = isBad ? pc.red('✗') : report.datasetDrift === null ? pc.yellow('?') : pc.green('✔')
  const page =
    html === undefined ? '' : `${pc.dim(driftMessages(language).written(html, formatBytes(bytes, language)))}\n`
  const body = `${table(header, rows, [3, 4])}${remarks.length === 0 ? '' : `\n${remarks.join('')}`}`
  return `${mark} ${report.why[language]}\n\n${body}${page === '' ? '' : `\n${page}`}`
}
