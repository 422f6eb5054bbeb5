/** What plain YAML files hold: texts, lists and maps. Numbers and the like stay texts; an empty value is `null`. */
export type YamlValue = string | null | readonly YamlValue[] | { readonly [key: string]: YamlValue }

interface Line {
  readonly indent: number
  readonly text: string
}

/**
 * Reads the part of YAML that MLmodel files are written in: block maps and lists, and plain, single and double quoted
 * texts that may run over several lines. JSON, being YAML, is read too. Throws where it meets something else.
 */
export function readYaml(source: string): YamlValue {
  const start = source.trimStart()
  if (start.startsWith('{') || start.startsWith('[')) return plain(JSON.parse(source))
  const lines = source
    .split('\n')
    .map((text) => ({ indent: text.length - text.trimStart().length, text: text.trim() }))
    .filter(({ text }) => !text.startsWith('#') && text !== '---')
  const reader = { lines, at: 0 }
  const value = readBlock(reader, 0)
  skipBlank(reader)
  if (reader.at < reader.lines.length) throw new SyntaxError(`Unexpected line: ${reader.lines[reader.at]?.text}`)
  return value
}

interface Reader {
  readonly lines: readonly Line[]
  at: number
}

function skipBlank(reader: Reader): Line | undefined {
  while (reader.lines[reader.at]?.text === '') reader.at += 1
  return reader.lines[reader.at]
}

const keyPattern = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s'"#[{][^:]*?):(?:\s+(.*))?$/

function readBlock(reader: Reader, indentMin: number): YamlValue {
  const first = skipBlank(reader)
  if (first === undefined || first.indent < indentMin) return null
  if (first.text === '-' || first.text.startsWith('- ')) return readList(reader, first.indent)
  if (keyPattern.test(first.text)) return readMap(reader, first.indent)
  reader.at += 1
  return readText(reader, first.text, first.indent - 1)
}

function readList(reader: Reader, indent: number): YamlValue {
  const items: YamlValue[] = []
  for (let line = skipBlank(reader); line?.indent === indent && /^-( |$)/.test(line.text); line = skipBlank(reader)) {
    const rest = line.text.slice(1).trimStart()
    if (rest === '') {
      reader.at += 1
      items.push(readBlock(reader, indent + 1))
    } else if (keyPattern.test(rest)) {
      // "- key: value" is a map whose first line begins after the dash.
      const inner = indent + line.text.length - rest.length
      const lines = [...reader.lines]
      lines[reader.at] = { indent: inner, text: rest }
      const nested = { lines, at: reader.at }
      items.push(readMap(nested, inner))
      reader.at = nested.at
    } else {
      reader.at += 1
      items.push(readText(reader, rest, indent))
    }
  }
  return items
}

function readMap(reader: Reader, indent: number): YamlValue {
  const map: Record<string, YamlValue> = {}
  for (let line = skipBlank(reader); line?.indent === indent; line = skipBlank(reader)) {
    const match = keyPattern.exec(line.text)
    if (match === null) throw new SyntaxError(`Expected a key: ${line.text}`)
    const [, key = '', rest = ''] = match
    reader.at += 1
    map[unquoted(key)] = rest === '' ? readNested(reader, indent) : readText(reader, rest, indent)
  }
  return map
}

/** A list may stand as far left as the key it belongs to. */
function readNested(reader: Reader, indent: number): YamlValue {
  const next = skipBlank(reader)
  const isListHere = next !== undefined && next.indent === indent && /^-( |$)/.test(next.text)
  return readBlock(reader, isListHere ? indent : indent + 1)
}

/** A text that began on the line before, and goes on while lines are further right. */
function readText(reader: Reader, first: string, indent: number): YamlValue {
  if (/^[|>][+-]?$/.test(first)) return readKept(reader, indent, first.startsWith('|') ? '\n' : ' ')
  const quote = first.startsWith("'") || first.startsWith('"') ? first[0] : undefined
  let text = first
  let breaks = 0
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (quote === undefined ? line.text !== '' && line.indent <= indent : isClosed(text, quote)) break
    reader.at += 1
    if (line.text === '') breaks += 1
    else {
      text += breaks > 0 ? '\n'.repeat(breaks) : text.endsWith('\\') ? '' : ' '
      if (text.endsWith('\\')) text = text.slice(0, -1)
      text += line.text
      breaks = 0
    }
  }
  return quote === undefined ? scalar(text) : unquoted(text)
}

function readKept(reader: Reader, indent: number, join: string): string {
  const kept: string[] = []
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (line.text !== '' && line.indent <= indent) break
    kept.push(line.text)
    reader.at += 1
  }
  return kept.join(join).trimEnd()
}

function isClosed(text: string, quote: string | undefined): boolean {
  return quote === "'" ? /^'(?:[^']|'')*'$/s.test(text) : /^"(?:[^"\\]|\\.)*"$/s.test(text)
}

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'")
  if (!text.startsWith('"')) return text
  // A break inside double quotes is kept as it is; JSON wants it escaped.
  const value: unknown = JSON.parse(text.replaceAll('\n', '\\n').replaceAll('\\ ', ' '))
  return String(value)
}

function scalar(text: string): YamlValue {
  if (text === 'null' || text === '~' || text === '') return null
  if (text === '{}') return {}
  if (text === '[]') return []
  return text
}

function plain(value: unknown): YamlValue {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
  return String(value)
}
