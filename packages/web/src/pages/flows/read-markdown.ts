/**
 * The part of Markdown that people write in notes: headings, paragraphs, lists, quotes, code, tables, rules, and inside them emphasis,
 * code, links and line breaks. HTML in it is text like any other: what is read here becomes elements, never markup.
 */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: readonly Inline[] }
  | { readonly kind: 'paragraph'; readonly text: readonly Inline[] }
  | { readonly kind: 'list'; readonly isOrdered: boolean; readonly items: readonly (readonly Block[])[] }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  | { readonly kind: 'code'; readonly text: string }
  | {
      readonly kind: 'table'
      readonly head: readonly (readonly Inline[])[]
      readonly rows: readonly (readonly (readonly Inline[])[])[]
    }
  | { readonly kind: 'rule' }

export type Inline =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'em' | 'deleted'; readonly parts: readonly Inline[] }
  | { readonly kind: 'link'; readonly to: string; readonly parts: readonly Inline[] }
  | { readonly kind: 'break' }

/** Quotes and lists within each other are read to this depth; beyond, their marks are text. */
const depthMax = 12

/** An address that may be followed: of the web, or of mail. */
export const isWebAddress = (address: string): boolean => /^(https?:\/\/|mailto:)/i.test(address)

const fence = /^ {0,3}(`{3,}|~{3,})/
const heading = /^ {0,3}(#{1,6})(?:\s(.*)|)$/
const rule = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/
const item = /^( {0,3})([-*+]|\d{1,9}[.)])(?:\s+(.*)|)$/
const tableRule = /^\|?\s*:?-+:?(?:\s*\|\s*:?-+:?)*\s*\|?$/

export function readMarkdown(text: string): readonly Block[] {
  return readBlocks(text.replaceAll('\r\n', '\n').replaceAll('\t', '    ').split('\n'), 0)
}

/** Reads lines from the first to the last; each kind of block says where it ends. */
function readBlocks(lines: readonly string[], depth: number): readonly Block[] {
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) {
    const line = lines[at] ?? ''
    if (line.trim() === '') {
      at += 1
      continue
    }
    const found =
      readCode(lines, at) ??
      readLine(line, at) ??
      readTable(lines, at) ??
      readNested(lines, at, depth) ??
      paragraph(lines, at)
    blocks.push(found.block)
    at = found.end
  }
  return blocks
}

interface Found {
  readonly block: Block
  /** The first line that is not part of it. */
  readonly end: number
}

function readCode(lines: readonly string[], start: number): Found | undefined {
  const mark = fence.exec(lines[start] ?? '')?.[1]
  if (mark === undefined) return undefined
  let end = start + 1
  while (end < lines.length && !(lines[end] ?? '').trim().startsWith(mark)) end += 1
  return { block: { kind: 'code', text: lines.slice(start + 1, end).join('\n') }, end: end + 1 }
}

function readLine(line: string, at: number): Found | undefined {
  const [, marks, text = ''] = heading.exec(line) ?? []
  if (marks !== undefined)
    return {
      block: { kind: 'heading', level: marks.length, text: readInline(text.trim().replace(/ #+$/, '').trim()) },
      end: at + 1,
    }
  return rule.test(line) ? { block: { kind: 'rule' }, end: at + 1 } : undefined
}

const cellsOf = (line: string) =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => readInline(cell.trim().replaceAll('\\|', '|')))

function readTable(lines: readonly string[], start: number): Found | undefined {
  const [first = '', second = ''] = [lines[start], lines[start + 1]]
  if (!first.includes('|') || !second.includes('-') || !tableRule.test(second.trim())) return undefined
  const head = cellsOf(first)
  if (cellsOf(second).length !== head.length) return undefined
  let end = start + 2
  while (end < lines.length && (lines[end] ?? '').includes('|')) end += 1
  return { block: { kind: 'table', head, rows: lines.slice(start + 2, end).map(cellsOf) }, end }
}

function readNested(lines: readonly string[], start: number, depth: number): Found | undefined {
  if (depth >= depthMax) return undefined
  const line = lines[start] ?? ''
  if (/^ {0,3}>/.test(line)) {
    let end = start
    while (end < lines.length && /^ {0,3}>/.test(lines[end] ?? '')) end += 1
    const inner = lines.slice(start, end).map((one) => one.replace(/^ {0,3}> ?/, ''))
    return { block: { kind: 'quote', blocks: readBlocks(inner, depth + 1) }, end }
  }
  return item.test(line) ? readList(lines, start, depth) : undefined
}

/** Items go on with lines that are indented, and end where another kind of list or an unindented line begins. */
function readList(lines: readonly string[], start: number, depth: number): Found {
  const isNumbered = (mark: string) => /\d/.test(mark)
  const isOrdered = isNumbered(item.exec(lines[start] ?? '')?.[2] ?? '')
  const items: string[][] = []
  let indent = 0
  let end = start
  while (end < lines.length) {
    const line = lines[end] ?? ''
    const [, space = '', mark, text = ''] = item.exec(line) ?? []
    const isDeeper = items.length > 0 && line.search(/\S/) >= indent
    if (mark !== undefined && !isDeeper) {
      if (isNumbered(mark) !== isOrdered || rule.test(line)) break
      indent = space.length + mark.length + 1
      items.push([text])
    } else if (line.trim() === '') {
      // A list goes on behind an empty line with an item or an indented line only.
      const next = lines[end + 1] ?? ''
      if (next.trim() === '' || (next.search(/\S/) < indent && !item.test(next))) break
      items.at(-1)?.push('')
    } else if (isDeeper) items.at(-1)?.push(line.slice(indent))
    else break
    end += 1
  }
  return { block: { kind: 'list', isOrdered, items: items.map((one) => readBlocks(one, depth + 1)) }, end }
}

function paragraph(lines: readonly string[], start: number): Found {
  const begins = (line: string, next: string) =>
    line.trim() === '' ||
    fence.test(line) ||
    heading.test(line) ||
    rule.test(line) ||
    /^ {0,3}>/.test(line) ||
    item.test(line) ||
    (line.includes('|') && next.includes('-') && tableRule.test(next.trim()))
  let end = start + 1
  while (end < lines.length && !begins(lines[end] ?? '', lines[end + 1] ?? '')) end += 1
  const text = lines.slice(start, end).map((line, index) => {
    const isLast = index === end - start - 1
    const breaks = !isLast && (line.endsWith('  ') || line.endsWith('\\'))
    return breaks ? `${line.trim().replace(/\\$/, '')}${breakMark}` : line.trim()
  })
  return { block: { kind: 'paragraph', text: readInline(text.join('\n')) }, end }
}

/** A line break that was asked for, within a paragraph. */
const breakMark = '\u2028'

/**
 * In the order in which they are tried: code hides what is in it, a link may hold emphasis, two marks come before one. Lengths are
 * bounded, so that a text that was made to be slow to read is not.
 */
const inline = new RegExp(
  [
    /(?<tick>`+)(?<coded>[\s\S]{0,2000}?[^`])\k<tick>(?!`)/,
    /!?\[(?<label>[^\][]{0,500})\]\((?<to>[^()\s]{1,2000})(?:\s+"[^"]*")?\)/,
    /<(?<auto>https?:\/\/[^\s<>]{1,2000})>/,
    /(?<two>\*\*|__)(?=\S)(?<bold>[\s\S]{0,2000}?\S)\k<two>(?![*_])/,
    /(?<![\p{L}\d])(?<one>[*_])(?=\S)(?<leaning>[^*_]{1,2000}?)(?<=\S)\k<one>(?![\p{L}\d])/u,
    /~~(?=\S)(?<gone>[\s\S]{0,2000}?\S)~~/,
    /\\(?<escaped>[\\`*_{}[\]()#+\-.!|~>])/,
    /\u2028\n?/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gu',
)

export function readInline(text: string, depth = 0): readonly Inline[] {
  const parts: Inline[] = []
  let end = 0
  const plain = (until: number) => {
    if (until > end) parts.push({ kind: 'text', text: text.slice(end, until) })
  }
  for (const match of depth < depthMax ? text.matchAll(inline) : []) {
    plain(match.index)
    end = match.index + match[0].length
    parts.push(inlineOf(match, depth + 1))
  }
  plain(text.length)
  return parts
}

function inlineOf({ 0: whole, groups = {} }: RegExpMatchArray, depth: number): Inline {
  const { coded, label, to, auto, bold, leaning, gone, escaped } = groups
  if (coded !== undefined) return { kind: 'code', text: coded.replaceAll('\n', ' ').trim() }
  if (label !== undefined && to !== undefined) {
    // A picture from elsewhere is not fetched: it would tell who looks. It is a link.
    if (!isWebAddress(to)) return { kind: 'text', text: whole }
    return { kind: 'link', to, parts: readInline(label === '' ? to : label, depth) }
  }
  if (auto !== undefined) return { kind: 'link', to: auto, parts: [{ kind: 'text', text: auto }] }
  if (bold !== undefined) return { kind: 'strong', parts: readInline(bold, depth) }
  if (leaning !== undefined) return { kind: 'em', parts: readInline(leaning, depth) }
  if (gone !== undefined) return { kind: 'deleted', parts: readInline(gone, depth) }
  if (escaped !== undefined) return { kind: 'text', text: escaped }
  return { kind: 'break' }
}
