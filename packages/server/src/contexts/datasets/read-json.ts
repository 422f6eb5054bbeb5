import { open, rm } from 'node:fs/promises'
import { type ColumnType, FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { rowsOf, sqlText } from '../../platform/index.js'
import { plainForms } from './column-types.js'
import { storedNote } from './ingest-notes.js'
import { typeOfValues } from './read-csv-dialect.js'
import { splitLines } from './read-json-lines.js'
import { type FormatRequest, type ReadPart, unreadable } from './read-part.js'
import { judgeRows } from './read-rows.js'
import { plainText } from './read-text-file.js'

const sampleRows = 10_000
/** Largest list that is read as one document, in bytes of text. */
const objectBytesMax = 64 * 1024 * 1024

/**
 * Reads one list of objects, or an object on each line (NDJSON), to Parquet. A line that is not an object is rejected; a list that is
 * not well-formed cannot be read at all. Errors: `source_empty`, `source_unreadable`, `source_lines_lost`.
 */
export async function readJson(request: FormatRequest<'json'>): Promise<ReadPart> {
  const { connection, rules, target } = request
  const { dataset } = rules
  const files = ['txt', 'rows', 'rejects', 'stage'].map((ending) => `${target}.${ending}`)
  const [copied = '', lines = '', rejects = '', stage = ''] = files
  const quarantine = `${target}.bad`
  try {
    const text = await plainText({ path: request.path, target: copied, signal: request.signal })
    const isList = (await firstLetter(text.path)) === '['
    const split = isList
      ? undefined
      : await splitLines({ path: text.path, target: lines, rejects, signal: request.signal, report: request.report })
    // The text of each object, with its line; no JSON holds the separator as it is.
    const objects = isList
      ? `(select row_number() over () as __line, cast(json as varchar) as raw from read_json_objects(${sqlText(text.path)}, format = 'array',
          maximum_object_size = ${objectBytesMax}))`
      : `read_csv(${sqlText(lines)}, header = false, auto_detect = false, delim = chr(31), quote = '', escape = '', new_line = '\\n',
          columns = {__line: 'BIGINT', raw: 'VARCHAR'}, max_line_size = ${2 * limit('data.line_bytes_max')})`
    const isObject = `coalesce(json_valid(raw) and json_type(case when json_valid(raw) then raw end) = 'OBJECT', false)`
    const found = await connection.runAndReadAll(
      `select key, min(__line * 100000 + place)::double as first, from (
         select __line, unnest(keys) as key, unnest(range(len(keys))) as place
         from (select __line, json_keys(raw) as keys from ${objects} where ${isObject})
       ) group by key order by first limit ${limit('data.columns_max') + 1}`,
    )
    const keys = rowsOf<{ key: string }>(found).map(({ key }) => key)
    const about = { path: request.name, dataset: dataset.name }
    if (keys.length > limit('data.columns_max')) {
      throw new FabriqueError('source_columns_mismatch', {
        ...about,
        reason: `it has more than ${keys.length - 1} columns`,
        reason_fr: `il a plus de ${keys.length - 1} colonnes`,
      })
    }
    const names = keys.length > 0 ? keys : Object.keys(dataset.columns)
    const paths = names.map((key) => sqlText(`/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)).join(', ')
    const valid = `case when ${isObject} then raw end`
    const values = names.map((_, index) => `values[${index + 1}] as c${index}`).join(', ')
    const from = `(select __line, left(raw, ${limit('data.quarantine_row_chars_max')}) as __row, values is null as __broken, ${values}
      from (select __line, raw, json_extract_string(${valid}, [${paths}]) as values from ${objects}))`
    const judged = await judgeRows(
      connection,
      {
        from,
        names,
        forms: plainForms,
        guesses: await guessTypes(request, from, names),
        unusable: { condition: '__broken', detail: storedNote('not_a_json_object', {}) },
      },
      rules,
      { file: request.name, target, stage, quarantine, rejects: isList ? undefined : rejects, forced: request.forced },
    )
    const total = split?.recordCount
    if (total !== undefined && judged.goodCount + judged.badCount !== total) {
      throw new FabriqueError('source_lines_lost', {
        ...about,
        lines: total,
        found: judged.goodCount + judged.badCount,
      })
    }
    return {
      parquet: target,
      columns: judged.columns,
      goodCount: judged.goodCount,
      rejectedCount: judged.badCount,
      ...(judged.badCount === 0 ? {} : { quarantine }),
      warnings: [],
    }
  } catch (error) {
    throw unreadable(error, request)
  } finally {
    for (const made of files) await rm(made, { force: true })
  }
}

async function firstLetter(path: string): Promise<string | undefined> {
  const handle = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0)
    return buffer.toString('utf8', 0, bytesRead).trimStart()[0]
  } finally {
    await handle.close()
  }
}

/** Types of the columns that are not declared, as the first rows have them. */
async function guessTypes(
  { connection, rules }: FormatRequest<'json'>,
  from: string,
  names: readonly string[],
): Promise<readonly (ColumnType | undefined)[]> {
  const open = names.flatMap((name, index) => (rules.dataset.columns[name] === undefined ? [index] : []))
  if (open.length === 0) return names.map(() => undefined)
  const result = await connection.runAndReadAll(
    `select ${open.map((index) => `c${index}`).join(', ')} from ${from} limit ${sampleRows}`,
  )
  const rows = result.getRows()
  const forms = { ...plainForms, delimiter: ',', quote: '"', hasHeader: false, nullValues: [] }
  return names.map((_, index) => {
    const place = open.indexOf(index)
    return place < 0
      ? undefined
      : typeOfValues(
          rows.map((row) => (row[place] === null ? undefined : String(row[place]))),
          forms,
        )
  })
}
