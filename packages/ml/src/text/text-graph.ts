import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { apply, asColumn, castTo, int64s, scalar, sideBySide } from '../pipeline/graph-flow.js'
import type { TermSettings } from './count-terms.js'
import { endCharacter, spaceCharacter, spaceCodes, unfoldAlphabet, unknownCharacter } from './fold-character.js'

/** Letters, numbers and the underscore; runtimes with another Unicode version may differ in characters that were added since. */
const wordPattern = '[\\p{L}\\p{N}_]+'

const endText = String.fromCodePoint(endCharacter)

/** The texts after one that is never empty: shapes stay whole when there are no rows or no words. */
export function addFirstText(graph: GraphBuilder, texts: string, settings: TermSettings): string {
  const first = graph.constant('first_text', {
    elementType: 'string',
    shape: [1],
    values: ['a'.repeat(settings.minTokenLength)],
  })
  return graph.node({
    operator: 'Concat',
    inputs: [first, texts],
    attributes: { axis: { kind: 'int', value: 0 } },
  })
}

/** The rows without that of the first text. */
export function addWithoutFirst(graph: GraphBuilder, matrix: string): string {
  return apply(
    graph,
    'Slice',
    matrix,
    int64s(graph, 'from', [1]),
    int64s(graph, 'to', [2 ** 53]),
    int64s(graph, 'axis', [0]),
  )
}

/** Words, string [N, W]. */
export function addWords(graph: GraphBuilder, texts: string, { minTokenLength }: TermSettings): string {
  return tokenize(graph, texts, { tokenexp: wordPattern, mincharnum: minTokenLength })
}

/** The characters of texts or words, in a dimension of their own. */
export function addCharacters(graph: GraphBuilder, texts: string): string {
  return tokenize(graph, texts, {})
}

function tokenize(
  graph: GraphBuilder,
  texts: string,
  how: { readonly tokenexp?: string; readonly mincharnum?: number },
): string {
  const { tokenexp, mincharnum = 1 } = how
  return graph.node({
    operator: 'Tokenizer',
    domain: 'com.microsoft',
    inputs: [texts],
    attributes: {
      mark: { kind: 'int', value: 0 },
      pad_value: { kind: 'string', value: endText },
      mincharnum: { kind: 'int', value: mincharnum },
      ...(tokenexp === undefined
        ? { separators: { kind: 'strings', values: [''] } }
        : { tokenexp: { kind: 'string', value: tokenexp } }),
    },
  })
}

/** Folded code points by character: 0 past the end of a text, `unknownCharacter` for what no term holds. */
export function addCodes(
  graph: GraphBuilder,
  characters: string,
  folded: ReadonlySet<number>,
  settings: TermSettings,
): string {
  const alphabet = settings.analyzer === 'word' ? folded : new Set(folded).add(spaceCharacter)
  const pairs = unfoldAlphabet(alphabet, settings)
  const spaces = settings.analyzer === 'word' ? [] : spaceCodes
  return graph.node({
    operator: 'LabelEncoder',
    domain: 'ai.onnx.ml',
    inputs: [characters],
    attributes: {
      keys_strings: {
        kind: 'strings',
        values: [endText, ...[...pairs.map(([code]) => code), ...spaces].map((code) => String.fromCodePoint(code))],
      },
      values_int64s: {
        kind: 'ints',
        values: [0, ...pairs.map(([, code]) => code), ...spaces.map(() => spaceCharacter)],
      },
      default_int64: { kind: 'int', value: unknownCharacter },
    },
  })
}

/** The folded characters of texts, int64 [N, D], white space made one space; 0 (spaces within words: spaces) past the end. */
export function addCharacterTokens(
  graph: GraphBuilder,
  texts: string,
  folded: ReadonlySet<number>,
  settings: TermSettings,
): string {
  const codes = addCodes(graph, addCharacters(graph, texts), folded, settings)
  const isByWord = settings.analyzer === 'char_wb'
  const space = scalar(graph, 'int64', spaceCharacter)
  const none = scalar(graph, 'int64', 0)
  const start = apply(graph, 'Mul', columnsFrom(graph, codes, 0, 1), none)
  const startSpace = apply(graph, 'Add', start, space)
  // The code before each; a space before the first drops the spaces that a text begins with.
  const before = sideBySide(graph, [isByWord ? startSpace : start, columnsFrom(graph, codes, 0, -1)])
  const isRepeated = apply(graph, 'And', apply(graph, 'Equal', codes, space), apply(graph, 'Equal', before, space))
  const isKept = apply(graph, 'Not', apply(graph, 'Or', isRepeated, apply(graph, 'Equal', codes, none)))
  const compact = addCompact(graph, codes, isKept, isByWord ? space : none)
  // Spaces stand around the words, and after the last as many as come: no term has two in a row.
  return isByWord ? sideBySide(graph, [startSpace, compact]) : compact
}

/** The numbers of words, int64 [N, W], from codes [N, W, D]; 0 where a row has no more words. */
export function addKeys(graph: GraphBuilder, codes: string, weights: readonly (number | bigint)[]): string {
  const number = (value: number) => scalar(graph, 'int64', value)
  const length = apply(graph, 'Gather', apply(graph, 'Shape', codes), number(2))
  const places = apply(graph, 'Range', number(0), length, number(1))
  const bounded = apply(graph, 'Min', places, number(weights.length - 1))
  const column = asColumn(graph, apply(graph, 'Gather', int64s(graph, 'weights', weights), bounded))
  // A product of matrices, because this runtime sums whole numbers by way of doubles everywhere else.
  return apply(graph, 'Squeeze', apply(graph, 'MatMul', codes, column), int64s(graph, 'axis', [2]))
}

/** The words without some, closed up. */
export function addWithout(graph: GraphBuilder, keys: string, left: readonly bigint[]): string {
  const isLeft = graph.node({
    operator: 'LabelEncoder',
    domain: 'ai.onnx.ml',
    inputs: [keys],
    attributes: {
      keys_int64s: { kind: 'ints', values: left },
      values_int64s: { kind: 'ints', values: left.map(() => 1) },
      default_int64: { kind: 'int', value: 0 },
    },
  })
  return addCompact(graph, keys, apply(graph, 'Not', castTo(graph, isLeft, 'bool')), scalar(graph, 'int64', 0))
}

/** What is kept of each row, closed up to its start; the rest is filled. [N, D] becomes [N, D + 1]. */
export function addCompact(graph: GraphBuilder, values: string, isKept: string, fill: string): string {
  const one = scalar(graph, 'int64', 1)
  const shape = apply(graph, 'Shape', values)
  const last = apply(graph, 'Gather', shape, one)
  const reached = apply(graph, 'CumSum', castTo(graph, isKept, 'int64'), one)
  const places = apply(graph, 'Where', isKept, apply(graph, 'Sub', reached, one), last)
  const empty = apply(graph, 'Expand', fill, apply(graph, 'Add', shape, int64s(graph, 'wider', [0, 1])))
  return graph.node({
    operator: 'ScatterElements',
    inputs: [empty, places, apply(graph, 'Where', isKept, values, fill)],
    attributes: { axis: { kind: 'int', value: 1 } },
  })
}

/** Columns from..to of a matrix; a negative end counts from behind. */
export function columnsFrom(graph: GraphBuilder, matrix: string, from: number, to: number): string {
  return apply(
    graph,
    'Slice',
    matrix,
    int64s(graph, 'from', [from]),
    int64s(graph, 'to', [to]),
    int64s(graph, 'axis', [1]),
  )
}
