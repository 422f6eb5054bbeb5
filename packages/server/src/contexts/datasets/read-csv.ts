import { rm } from 'node:fs/promises'
import { FabriqueError, ingestNote } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { sqlName, sqlText } from '../../platform/index.js'
import { readerValue, widerType } from './column-types.js'
import { type CsvHead, readCsvHead, typeOfValues } from './read-csv-dialect.js'
import { splitCsv } from './read-csv-records.js'
import { copyTo, type FormatRequest, type ReadPart, unreadable } from './read-part.js'
import { checkTyped, judgeRows, type PartColumn } from './read-rows.js'
import { plainText, type TextFile } from './read-text-file.js'

/**
 * Reads a CSV file to Parquet (zstd). A file without a fault is read by DuckDB in one pass, and its rows are counted against its
 * lines. Any other is read again, line by line: each row becomes good or rejected, and none is lost. Errors: `source_empty`,
 * `source_unreadable`, `source_columns_mismatch`, `source_lines_lost`.
 */
export async function readCsv(request: FormatRequest<'csv'>): Promise<ReadPart> {
  const copied = `${request.target}.txt`
  try {
    const { dialect } = request.format
    const text = await plainText({
      path: request.path,
      target: copied,
      encoding: dialect.encoding,
      quote: (dialect.quote ?? '"').charCodeAt(0),
      signal: request.signal,
    })
    const head = await readCsvHead(text.path, dialect, Object.keys(request.rules.dataset.columns))
    checkNames(head, request)
    const warnings = text.isGuessed ? [ingestNote('read_as_windows_1252', { file: request.name })] : []
    const part = (await readStrictly(request, text, head)) ?? (await readLineByLine(request, text, head))
    return { ...part, warnings }
  } catch (error) {
    throw unreadable(error, request)
  } finally {
    await rm(copied, { force: true })
  }
}

function checkNames({ names }: CsvHead, { name, rules }: FormatRequest<'csv'>): void {
  const about = { path: name, dataset: rules.dataset.name }
  if (names.length === 0) throw new FabriqueError('source_empty', about)
  if (names.length > limit('data.columns_max')) {
    throw new FabriqueError('source_columns_mismatch', {
      ...about,
      reason: `it has ${names.length} columns`,
      reason_fr: `il a ${names.length} colonnes`,
    })
  }
  const twice = names.find((column, index) => names.indexOf(column) !== index)
  if (twice !== undefined) {
    throw new FabriqueError('source_columns_mismatch', {
      ...about,
      reason: `its header has ${twice} more than once`,
      reason_fr: `son en-tête a ${twice} plus d’une fois`,
    })
  }
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

/** The fast way; undefined where anything does not fit. */
async function readStrictly(
  request: FormatRequest<'csv'>,
  { path, scan }: TextFile,
  head: CsvHead,
): Promise<Omit<ReadPart, 'warnings'> | undefined> {
  const { connection, rules } = request
  const { dataset } = rules
  if (rules.hasCopies) return undefined
  const sourced = columnsOf(request, head)
  const missing = Object.keys(dataset.columns).filter((name) => !head.names.includes(name))
  const mustHave = [...missing, ...dataset.key.filter((name) => !head.names.includes(name))]
  if (mustHave.some((name) => dataset.columns[name]?.nullable !== true || dataset.key.includes(name))) return undefined
  if (scan.brokenLineCount > 0 || scan.endsInQuotes || scan.longestLine.bytes > limit('data.line_bytes_max'))
    return undefined
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
  const stop = watchProgress(request, scan.bytes)
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
