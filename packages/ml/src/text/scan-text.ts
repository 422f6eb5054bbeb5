import { int32At } from '../data/element.js'
import {
  endCharacter,
  type Folding,
  foldCharacter,
  isSpace,
  isWordCharacter,
  spaceCharacter,
} from './fold-character.js'
import type { SequenceTable } from './sequence-table.js'

/** How a text becomes tokens. */
export interface Analysis extends Folding {
  readonly analyzer: 'word' | 'char' | 'char_wb'
  /** Fewest characters of a word that counts. */
  readonly minTokenLength: number
}

/** The tokens of one text: words by number, or characters by code point. */
export interface Scan {
  tokens: Int32Array
  length: number
  /** Where each run of tokens ends; n-grams do not reach over the end of a run. */
  runEnds: Int32Array
  runCount: number
}

export type Scanner = (text: string) => Scan

/** Not looked up yet, in a table of characters. */
const unseen = -1

/** One for each way of folding: predictions of single rows must not make them anew. */
const characterTables = new Map<string, Int32Array>()

/** What a character is folded to, or 0 where it belongs to no token. Tables are filled as characters come. */
function characterTable(
  { analyzer, lowercase, stripAccents }: Analysis,
  foldedOf: (code: number) => number,
): (code: number) => number {
  const key = `${analyzer} ${lowercase} ${stripAccents}`
  const known = characterTables.get(key) ?? new Int32Array(0x10000).fill(unseen)
  characterTables.set(key, known)
  return (code) => {
    if (code > 0xffff) return foldedOf(code)
    const value = int32At(known, code)
    if (value !== unseen) return value
    const own = foldedOf(code)
    known[code] = own
    return own
  }
}

/**
 * A function that splits texts as `analysis` says. It gives the same object each time.
 * @param words numbers the words
 * @param isFixed whether words that are not numbered yet stay so: they come as -1
 */
export function createScanner(analysis: Analysis, words: SequenceTable, isFixed: boolean): Scanner {
  const scan: Scan = { tokens: new Int32Array(256), length: 0, runEnds: new Int32Array(64), runCount: 0 }
  return analysis.analyzer === 'word' ? wordScanner(analysis, words, isFixed, scan) : characterScanner(analysis, scan)
}

function wordScanner(analysis: Analysis, words: SequenceTable, isFixed: boolean, scan: Scan): Scanner {
  const folded = characterTable(analysis, (code) => (isWordCharacter(code) ? foldCharacter(code, analysis) : 0))
  let word = new Int32Array(64)
  const number = isFixed ? words.find : words.intern
  return (text) => {
    scan.length = 0
    scan.runCount = 1
    if (scan.tokens.length < text.length) scan.tokens = new Int32Array(2 * text.length)
    if (word.length < text.length) word = new Int32Array(2 * text.length)
    let length = 0
    for (let at = 0; at <= text.length; at++) {
      let code = at < text.length ? text.charCodeAt(at) : 0
      if (code >= 0xd800 && code < 0xdc00) {
        code = text.codePointAt(at) ?? 0
        if (code > 0xffff) at++
      }
      const value = folded(code)
      if (value !== 0) word[length++] = value
      else if (length > 0) {
        if (length >= analysis.minTokenLength) scan.tokens[scan.length++] = number(word, 0, length)
        length = 0
      }
    }
    scan.runEnds[0] = scan.length
    return scan
  }
}

/** Any white space is one space; `char_wb` makes a run of each word with a space before and after it. */
function characterScanner(analysis: Analysis, scan: Scan): Scanner {
  const isByWord = analysis.analyzer === 'char_wb'
  const folded = characterTable(analysis, (code) => {
    if (code === endCharacter) return 0
    if (code >= 0xd800 && code <= 0xdfff) return 0xfffd
    return isSpace(code) ? spaceCharacter : foldCharacter(code, analysis)
  })
  return (text) => {
    scan.length = 0
    scan.runCount = 0
    // A word of one character takes three places with its spaces.
    if (scan.tokens.length < 3 * text.length + 3) scan.tokens = new Int32Array(4 * text.length + 3)
    if (scan.runEnds.length < text.length + 1) scan.runEnds = new Int32Array(2 * text.length + 1)
    let before = isByWord ? spaceCharacter : 0
    for (let at = 0; at < text.length; at++) {
      let code = text.charCodeAt(at)
      if (code >= 0xd800 && code < 0xdc00) {
        code = text.codePointAt(at) ?? 0
        if (code > 0xffff) at++
      }
      const value = folded(code)
      if (value === spaceCharacter) {
        if (before !== spaceCharacter && !(isByWord && isRunStart(scan))) {
          scan.tokens[scan.length++] = spaceCharacter
          if (isByWord) scan.runEnds[scan.runCount++] = scan.length
        }
      } else if (value !== 0) {
        if (isByWord && isRunStart(scan)) scan.tokens[scan.length++] = spaceCharacter
        scan.tokens[scan.length++] = value
      }
      before = value
    }
    if (isByWord && !isRunStart(scan)) scan.tokens[scan.length++] = spaceCharacter
    if (!isByWord || !isRunStart(scan)) scan.runEnds[scan.runCount++] = scan.length
    return scan
  }
}

function isRunStart({ length, runCount, runEnds }: Scan): boolean {
  return length === (runCount === 0 ? 0 : int32At(runEnds, runCount - 1))
}
