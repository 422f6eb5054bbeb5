import { availableParallelism } from 'node:os'
import type { Language } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract/client'
import type { JoinedFile } from '@fabrique/server/join-files'
import pc from 'picocolors'
import { parseDuration } from '../../sdk/parse-duration.js'
import { formatBytes, formatCount } from '../format.js'
import { joinMessages, joinReason } from '../join-messages.js'
import { printJson } from '../print-json.js'
import { progressLines } from '../progress-lines.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'
import { untilInterrupted } from '../until-interrupted.js'

export interface FeaturesJoinFlags {
  readonly on: string
  readonly time: string
  readonly out: string
  readonly featureTime?: string
  readonly created?: string
  readonly asKnown?: boolean
  readonly ttl?: string
  readonly tie?: string
  readonly features?: string
  readonly prefix?: boolean
  readonly ages?: boolean
  readonly threads?: string
  readonly json?: boolean
  readonly lang?: Language
}

/** Joins the features of a plain file to the rows of another as they were at the time of each; needs no server. */
export async function featuresJoin(entities: string, features: string, flags: FeaturesJoinFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const asked = choicesOf(flags)
  const lines = progressLines(process.stderr)
  lines.busy(joinMessages(language).joining, features)
  await untilInterrupted(lines, async (signal) => {
    // Loaded at use, and apart from the other work on files: a small join is over sooner than all that is loaded.
    const { joinFiles } = await import('@fabrique/server/join-files')
    const joined = await joinFiles({ entities, features, ...asked, signal })
    lines.clear()
    if (flags.json === true) printJson(toJson(joined, flags.out))
    else process.stdout.write(describe(joined, { out: flags.out, features, language }))
  })
}

type Reason = Parameters<typeof joinReason>[0]

function wrong(field: string, reason: Reason): FabriqueError<'invalid_request'> {
  return new FabriqueError('invalid_request', { field, ...joinReason(reason) }, { field })
}

function choicesOf(flags: FeaturesJoinFlags) {
  const { featureTime, created, asKnown = false, prefix = false, ages = false, time, out } = flags
  if (asKnown && created === undefined) throw wrong('--as-known', 'createdNeeded')
  const ttl = flags.ttl === undefined ? undefined : parseDuration(flags.ttl)
  if (flags.ttl !== undefined && ttl === undefined) throw wrong('--ttl', 'durationExpected')
  const threads = flags.threads === undefined ? availableParallelism() : Number(flags.threads)
  if (!Number.isInteger(threads) || threads < 1) throw wrong('--threads', 'threadsExpected')
  return {
    on: namesOf('--on', flags.on).map((text) => {
      const [entity = '', feature = entity] = text.split('=', 2).map((name) => name.trim())
      if (entity === '' || feature === '') throw wrong('--on', 'columnsExpected')
      return { entity, feature }
    }),
    time,
    out,
    asKnown,
    prefix,
    ages,
    threads,
    ...(featureTime === undefined ? {} : { featureTime }),
    ...(created === undefined ? {} : { created }),
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    ...(flags.tie === undefined ? {} : { ties: namesOf('--tie', flags.tie) }),
    ...(flags.features === undefined ? {} : { columns: namesOf('--features', flags.features) }),
  }
}

function namesOf(flag: string, text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw wrong(flag, 'columnsExpected')
  return names
}

function toJson({ rows, featureRows, matched, unmatched, leftOut, columns, bytes }: JoinedFile, out: string) {
  return {
    out,
    bytes,
    rows,
    feature_rows: featureRows,
    columns: [...columns],
    matched,
    unmatched: {
      no_row: unmatched.noRow,
      future: unmatched.future,
      not_known: unmatched.notKnown,
      expired: unmatched.expired,
      null_key: unmatched.nullKey,
      null_time: unmatched.nullTime,
    },
    left_out: { null_key: leftOut.nullKey, null_time: leftOut.nullTime, null_created: leftOut.nullCreated },
  }
}

interface Told {
  readonly out: string
  readonly features: string
  readonly language: Language
}

function describe({ rows, columns, bytes, matched, unmatched, leftOut }: JoinedFile, told: Told): string {
  const { language } = told
  const texts = joinMessages(language)
  const line = (count: number, text: string): readonly string[] => {
    const share =
      rows === 0 ? '' : `${(count / rows).toLocaleString(language, { style: 'percent', maximumFractionDigits: 1 })}`
    return [formatCount(count, language), share, text]
  }
  const reasons = reasonsOf({ ...unmatched }, texts.unmatched).map(([count, text]) => line(count, pc.yellow(text)))
  const head = `${pc.green('✔')} ${texts.written(told.out, formatBytes(bytes, language), rows, columns.length)}`
  const left = reasonsOf({ ...leftOut }, texts.leftOutReasons).map(
    ([count, text]) => `${formatCount(count, language)} ${text}`,
  )
  const tail = left.length === 0 ? '' : `${pc.dim(texts.leftOut(told.features, left.join(', ')))}\n`
  return `${head}\n${table([texts.rows, texts.share, ''], [line(matched, texts.matched), ...reasons], [0, 1])}${tail}`
}

function reasonsOf(
  counts: Readonly<Record<string, number>>,
  texts: Readonly<Record<string, string>>,
): readonly (readonly [number, string])[] {
  return Object.entries(texts)
    .map(([name, text]) => [counts[name] ?? 0, text] as const)
    .filter(([count]) => count > 0)
}
