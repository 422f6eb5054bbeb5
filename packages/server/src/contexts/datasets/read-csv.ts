import { rm } from 'node:fs/promises'
import { FabriqueError, ingestNote } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { sqlName, sqlText } from '../../platform/index.js'
import { readerValue, widerType } from './column-types.js'
import { copyTo } from './part-file.js'
import { type CsvHead, readCsvHead, typeOfValues } from './read-csv-dialect.js'
import { splitCsv } from './read-csv-records.js'
import { type FormatRequest, type ReadPart, unreadable } from './read-part.js'
import { checkTyped, judgeRows, type PartColumn } from './read-rows.js'
import { type OpenedText, openText, type TextFile } from './read-text-file.js'

/**
 * Reads a CSV file to Parquet (zstd). A file without a fault is read by DuckDB in one pass, and its rows are counted against its
 * lines, which are counted at the same time. Any other is read again, line by line: each row becomes good or rejected, and none is
 * lost. Errors: `source_empty`, `source_unreadable`, `source_columns_mismatch`, `source_lines_lost`.
 */
export async function readCsv(request: FormatRequest<'csv'>): Promise<ReadPart> {
  const copied = `${request.target}.txt`
  let looked: Promise<unknown> | undefined
  try {
    const { dialect } = request.format
    const declared = Object.keys(request.rules.dataset.columns)
    const opened = await openText({
      path: request.path,
      target: copied,
      encoding: dialect.encoding,
      quote: (dialect.quote ?? '"').charCodeAt(0),
      signal: request.signal,
    })
    looked = opened.looked
    const read = async (text: OpenedText) => {
      const head = await readCsvHead(text.path, dialect, declared)
      return { head, part: await readStrictly(request, text, head) }
    }
    const first = await read(opened)
    const text = await opened.looked
    // Where its letters are of another encoding it is read again.
    const { path, encoding } = text
    const { head, part } = encoding === opened.encoding ? first : await read({ ...opened, path, encoding })
    const fault = faultOfNames(head, request)
    if (fault !== undefined) throw fault
    const warnings = text.isGuessed ? [ingestNote('read_as_windows_1252', { file: request.name })] : []
    return { ...(part ?? (await readLineByLine(request, text, head))), warnings }
  } catch (error) {
    throw unreadable(error, request)
  } finally {
    await looked?.catch(() => undefined)
    await rm(copied, { force: true })
  }
}

function faultOfNames({ names }: CsvHead, { name, rules }: FormatRequest<'csv'>): FabriqueError | undefined {
  const about = { path: name, dataset: rules.dataset.name }
  if (names.length === 0) return new FabriqueError('source_empty', about)
  if (names.length > limit('data.columns_max')) {
    return new FabriqueError('source_columns_mismatch', {
      ...about,
      reason: `it has ${names.length} columns`,
      reason_fr: `il a ${names.length} colonnes`,
    })
  }
  const twice = names.find((column, index) => names.indexOf(column) !== index)
  if (twice === undefined) return undefined
  return new FabriqueError('source_columns_mismatch', {
    ...about,
    reason: `its header has ${twice} more than once`,
    reason_fr: `son en-tête a ${twice} plus d’une fois`,
  })
}

/** Options of `read_csv` that do not depend on the way a file is read. */
function readerOptions({ dialect }: CsvHead): string {
  const quote = sqlText(dialect.quote)
  return `auto_detect = false, delim = ${sqlText(dialect.delimiter)}, quote = ${quote}, escape = ${quote}, new_line = '\\n',
    nullstr = [${dialect.nullValues.map(sqlText).join(', ')}], max_line_size = ${2 * limit('data.line_bytes_max')}`
}

function columnsOf(request: FormatRequest<'csv'>, head: CsvHead): readonly PartColumn[] {
  const { dataset } = request.rules
  return head.names.map((name, index) => {
    const declared = dataset.columns[name]
    if (declared !== undefined) return { name, type: declared.type, declared: true }
    const natural = typeOfValues(valuesAt(head, index), head.dialect)
    return { name, type: widerType(natural, request.forced.get(name)), declared: false, natural }
  })
}

function* valuesAt({ rows }: CsvHead, index: number): Iterable<string | undefined> {
  for (const row of rows) yield row[index]
}

/** The fast way, while the lines are counted; undefined where anything does not fit, the count of the lines among it. */
async function readStrictly(
  request: FormatRequest<'csv'>,
  { path, bytes, encoding, looked }: OpenedText,
  head: CsvHead,
): Promise<Omit<ReadPart, 'warnings'> | undefined> {
  const { connection, rules } = request
  const { dataset } = rules
  if (rules.hasCopies || faultOfNames(head, request) !== undefined) return undefined
  const sourced = columnsOf(request, head)
  const missing = Object.keys(dataset.columns).filter((name) => !head.names.includes(name))
  const mustHave = [...missing, ...dataset.key.filter((name) => !head.names.includes(name))]
  if (mustHave.some((name) => dataset.columns[name]?.nullable !== true || dataset.key.includes(name))) return undefined
  const { dialect } = head
  const read = sourced.map(({ name, type }, index) => {
    const column = dataset.columns[name] ?? { type: type ?? 'text' }
    const hasLargeIntegers = head.rows.some((row) => (row[index] ?? '').length > 15)
    return { name, ...readerValue(column, `c${index}`, { ...dialect, hasLargeIntegers }) }
  })
  const columns: readonly PartColumn[] = [
    ...sourced,
    ...missing.map((name) => ({ name, type: dataset.columns[name]?.type, declared: true, isMissing: true })),
  ]
  const selected = [
    ...read.map(({ name, value }) => `${value} as ${sqlName(name)}`),
    ...missing.map((name) => {
      const declared = dataset.columns[name]
      return `cast(null as ${declared === undefined ? 'varchar' : readerValue(declared, '', { ...dialect, hasLargeIntegers: false }).reader}) as ${sqlName(name)}`
    }),
  ]
  const formats = [
    dialect.decimal === ',' ? `, decimal_separator = ','` : '',
    dialect.dateFormat === undefined ? '' : `, dateformat = ${sqlText(dialect.dateFormat)}`,
    dialect.timestampFormat === undefined ? '' : `, timestampformat = ${sqlText(dialect.timestampFormat)}`,
  ].join('')
  const reader = read.map(({ reader: type }, index) => `c${index}: ${sqlText(type)}`).join(', ')
  const stop = watchProgress(request, bytes)
  try {
    await connection.run(
      `copy (select ${selected.join(', ')} from read_csv(${sqlText(path)}, header = ${dialect.hasHeader},
        columns = {${reader}}, strict_mode = true, ${readerOptions(head)}${formats})) ${copyTo(request.target)}`,
    )
  } catch (error) {
    request.signal?.throwIfAborted()
    if (/No space left/i.test(String(error))) throw error
    return undefined
  } finally {
    stop()
  }
  const text = await looked
  const { scan } = text
  const isSound = text.encoding === encoding && scan.brokenLineCount === 0 && !scan.endsInQuotes
  if (!isSound || scan.longestLine.bytes > limit('data.line_bytes_max')) return undefined
  const checked = await checkTyped(connection, request.target, columns, rules)
  const rows = scan.recordCount + (head.names.length === 1 ? scan.emptyLineCount : 0) - (dialect.hasHeader ? 1 : 0)
  const guessed = columns.some(
    ({ name, declared, type }) => !declared && type === undefined && !checked.empty.includes(name),
  )
  if (!checked.isSound || guessed || checked.rowCount !== rows) return undefined
  return { parquet: request.target, columns, goodCount: checked.rowCount, rejectedCount: 0 }
}

/** Tells how far a statement is while it runs. */
function watchProgress({ connection, report }: FormatRequest<'csv'>, bytes: number): () => void {
  const timer = setInterval(() => {
    const { percentage } = connection.progress
    if (percentage > 0) report(Math.round((bytes * percentage) / 100))
  }, 500)
  return () => clearInterval(timer)
}

async function readLineByLine(
  request: FormatRequest<'csv'>,
  { path }: TextFile,
  head: CsvHead,
): Promise<Omit<ReadPart, 'warnings'>> {
  const { connection, rules, target } = request
  const [sound, rejects, stage, quarantine] = [
    `${target}.rows`,
    `${target}.rejects`,
    `${target}.stage`,
    `${target}.bad`,
  ]
  try {
    const split = await splitCsv({
      path,
      target: sound,
      rejects,
      delimiter: head.dialect.delimiter,
      quote: head.dialect.quote,
      hasHeader: head.dialect.hasHeader,
      fieldCount: head.names.length,
      signal: request.signal,
      report: request.report,
    })
    const names = ['__line', ...head.names.map((_, index) => `c${index}`), '__row']
    const types = names.map((name) => `${sqlText(name)}: ${sqlText(name === '__line' ? 'BIGINT' : 'VARCHAR')}`)
    const judged = await judgeRows(
      connection,
      {
        from: `read_csv(${sqlText(sound)}, header = false, columns = {${types.join(', ')}}, strict_mode = true,
          ${readerOptions(head)})`,
        names: head.names,
        forms: head.dialect,
        guesses: head.names.map((_, index) => typeOfValues(valuesAt(head, index), head.dialect)),
      },
      rules,
      { file: request.name, target, stage, quarantine, rejects, forced: request.forced },
    )
    if (judged.goodCount + judged.badCount !== split.recordCount) {
      throw new FabriqueError('source_lines_lost', {
        path: request.name,
        dataset: rules.dataset.name,
        lines: split.recordCount,
        found: judged.goodCount + judged.badCount,
      })
    }
    return {
      parquet: target,
      columns: judged.columns,
      goodCount: judged.goodCount,
      rejectedCount: judged.badCount,
      ...(judged.badCount === 0 ? {} : { quarantine }),
    }
  } finally {
    for (const made of [sound, rejects, stage]) await rm(made, { force: true })
  }
}
