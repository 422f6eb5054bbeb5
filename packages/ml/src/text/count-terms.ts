import { setImmediate as nextTurn } from 'node:timers/promises'
import { int32At, itemAt } from '../data/element.js'
import type { TableColumn } from '../data/table.js'
import { assertNotAborted } from '../estimators/assert-not-aborted.js'
import { foldText } from './fold-character.js'
import { type Analysis, createScanner, type Scan } from './scan-text.js'
import { createSequenceTable, type SequenceTable } from './sequence-table.js'
import { type StopWordList, stopWords } from './stop-words.js'

export interface TermSettings extends Analysis {
  readonly nMin: number
  readonly nMax: number
  readonly stopWords: StopWordList | null
}

/** How often each term comes in each distinct text. The terms of text `t` are entries `starts[t]..starts[t + 1] - 1`. */
export interface TermCounts {
  readonly starts: Int32Array
  readonly terms: Int32Array
  readonly counts: Int32Array
}

/** Words and n-grams of them, both numbered. */
export interface TermTables {
  readonly words: SequenceTable
  readonly terms: SequenceTable
}

export type TextColumn = Extract<TableColumn, { kind: 'text' }>

/** Characters after which other work of the thread has its turn. */
const breathEvery = 2_000_000

export function createTermTables(): TermTables {
  return { words: createSequenceTable(), terms: createSequenceTable() }
}

/** Counts the terms of all texts, and numbers those that are new. Throws MlError `training_aborted`. */
export async function learnTerms(
  texts: readonly string[],
  settings: TermSettings,
  tables: TermTables,
  signal: AbortSignal | undefined,
): Promise<TermCounts> {
  const counter = createCounter(settings, tables, false)
  let characters = 0
  for (const text of texts) {
    characters += text.length
    if (characters > breathEvery) {
      characters = 0
      await nextTurn()
      assertNotAborted(signal)
    }
    counter.add(text)
  }
  return counter.finish()
}

/** Counts the terms; where the tables are fixed, those that have a number. */
export function countTerms(
  texts: readonly string[],
  settings: TermSettings,
  tables: TermTables,
  isFixed: boolean,
): TermCounts {
  const counter = createCounter(settings, tables, isFixed)
  for (const text of texts) counter.add(text)
  return counter.finish()
}

/** Numbers of the words that are left out: they have one even where no term has them, because n-grams reach over them. */
function stopNumbers(settings: TermSettings, words: SequenceTable): Set<number> {
  if (settings.analyzer !== 'word') return new Set()
  return new Set(
    stopWords(settings.stopWords).map((word) => {
      const codes = Int32Array.from(foldText(word, settings), (character) => character.codePointAt(0) ?? 0)
      return words.intern(codes, 0, codes.length)
    }),
  )
}

function createCounter(settings: TermSettings, { words, terms }: TermTables, isFixed: boolean) {
  const left = settings.stopWords === null ? new Set<number>() : stopNumbers(settings, words)
  const scanner = createScanner(settings, words, isFixed)
  const number = isFixed ? terms.find : terms.intern
  let starts = new Int32Array(1 << 10)
  let ids = new Int32Array(1 << 12)
  let counts = new Int32Array(1 << 12)
  let textCount = 0
  let length = 0
  /** Where the current text has a term, one more than the entry; older entries lie before its start. */
  let placeOf = new Int32Array(1 << 12)

  function note(term: number): void {
    if (term < 0) return
    if (term >= placeOf.length) placeOf = longer(placeOf, term + 1)
    const place = int32At(placeOf, term) - 1
    if (place >= int32At(starts, textCount) && int32At(ids, place) === term) {
      counts[place] = int32At(counts, place) + 1
      return
    }
    if (length === ids.length) {
      ids = longer(ids, length + 1)
      counts = longer(counts, length + 1)
    }
    ids[length] = term
    counts[length++] = 1
    placeOf[term] = length
  }

  function noteRun(tokens: Int32Array, from: number, to: number): void {
    for (let n = settings.nMin; n <= settings.nMax; n++) {
      if (settings.analyzer === 'char_wb' && n >= to - from) {
        // A word that is shorter counts once, whole.
        if (to > from) note(number(tokens, from, to - from))
        return
      }
      for (let start = from; start + n <= to; start++) {
        // A lone space is no term of a word.
        if (settings.analyzer === 'char_wb' && n === 1 && int32At(tokens, start) === 32) continue
        note(number(tokens, start, n))
      }
    }
  }

  return {
    add(text: string) {
      if (textCount + 2 > starts.length) starts = longer(starts, textCount + 2)
      const scan = scanner(text)
      if (left.size > 0) leaveOut(scan, left)
      let from = 0
      for (let run = 0; run < scan.runCount; run++) {
        const to = int32At(scan.runEnds, run)
        noteRun(scan.tokens, from, to)
        from = to
      }
      textCount++
      starts[textCount] = length
    },
    finish: (): TermCounts => ({
      starts: starts.slice(0, textCount + 1),
      terms: ids.slice(0, length),
      counts: counts.slice(0, length),
    }),
  }
}

/** Takes the words of a set out of a scan of words, which is a single run. */
function leaveOut(scan: Scan, left: ReadonlySet<number>): void {
  let kept = 0
  for (let at = 0; at < scan.length; at++) {
    const token = int32At(scan.tokens, at)
    if (!left.has(token)) scan.tokens[kept++] = token
  }
  scan.length = kept
  scan.runEnds[0] = kept
}

/** The same values in a longer array. */
export function longer(values: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const result = new Int32Array(Math.max(2 * values.length, needed))
  result.set(values)
  return result
}

/** The term as people read it: words with a space between them, or characters. */
export function termText(id: number, { words, terms }: TermTables, analyzer: Analysis['analyzer']): string {
  const items = terms.items(id)
  if (analyzer !== 'word') return String.fromCodePoint(...items)
  return Array.from(items, (word) => String.fromCodePoint(...words.items(word))).join(' ')
}

/** Tables of a known vocabulary: term `i` has number `i`. */
export function tablesOf(vocabulary: readonly string[], analyzer: Analysis['analyzer']): TermTables {
  const tables = createTermTables()
  for (const term of vocabulary) {
    const items = analyzer === 'word' ? term.split(' ').map((word) => internText(tables.words, word)) : codesOf(term)
    tables.terms.intern(Int32Array.from(items), 0, items.length)
  }
  return tables
}

function internText(words: SequenceTable, word: string): number {
  const codes = codesOf(word)
  return words.intern(Int32Array.from(codes), 0, codes.length)
}

/** Code points of a text. */
export function codesOf(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
}

/** The texts of a column that some row has, and for each row the position of its text; -1 where it is missing. */
export function distinctTexts({ codes, categories }: TextColumn): {
  readonly texts: string[]
  readonly textOfRow: Int32Array
  readonly rowCounts: Int32Array
} {
  const positions = new Int32Array(categories.length).fill(-1)
  const rowCounts = new Int32Array(categories.length)
  const texts: string[] = []
  const textOfRow = new Int32Array(codes.length).fill(-1)
  for (let row = 0; row < codes.length; row++) {
    const code = int32At(codes, row)
    if (code < 0) continue
    if (int32At(positions, code) < 0) positions[code] = texts.push(itemAt(categories, code)) - 1
    const position = int32At(positions, code)
    textOfRow[row] = position
    rowCounts[position] = int32At(rowCounts, position) + 1
  }
  return { texts, textOfRow, rowCounts: rowCounts.slice(0, texts.length) }
}
