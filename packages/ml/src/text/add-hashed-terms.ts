import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { apply, castTo, int64s, scalar, sideBySide } from '../pipeline/graph-flow.js'
import type { TermSettings } from './count-terms.js'
import { foldText } from './fold-character.js'
import { hashPrime, hashSpread, hashStep, hashWord, placeWeights } from './hash-terms.js'
import { stopWords } from './stop-words.js'
import {
  addCharacters,
  addCharacterTokens,
  addCodes,
  addCompact,
  addFirstText,
  addKeys,
  addWithoutFirst,
  addWords,
  columnsFrom,
} from './text-graph.js'

export interface HashingTarget {
  readonly alphabet: ReadonlySet<number>
  readonly width: number
  readonly alternateSign: boolean
}

/** Adds the nodes that count hashed terms: string [N] becomes float32 [N, width], by the arithmetic of `hashTerms` over int64. */
export function addHashedTerms(
  graph: GraphBuilder,
  texts: string,
  settings: TermSettings,
  target: HashingTarget,
): string {
  const all = addFirstText(graph, texts, settings)
  const tokens =
    settings.analyzer === 'word'
      ? addWordTokens(graph, all, settings, target.alphabet)
      : addCharacterTokens(graph, all, target.alphabet, settings)
  const hashes: string[] = []
  const present: string[] = []
  for (let n = settings.nMin; n <= settings.nMax; n++) {
    const { hash, last } = addRuns(graph, tokens, n)
    hashes.push(hash)
    present.push(last)
  }
  return addWithoutFirst(graph, addScattered(graph, sideBySide(graph, hashes), sideBySide(graph, present), target))
}

/** One number per word, from 1 on; 0 where a text has no more words. */
function addWordTokens(
  graph: GraphBuilder,
  texts: string,
  settings: TermSettings,
  alphabet: ReadonlySet<number>,
): string {
  const number = (value: number) => scalar(graph, 'int64', value)
  const codes = addCodes(graph, addCharacters(graph, addWords(graph, texts, settings)), alphabet, settings)
  const sums = addKeys(graph, codes, placeWeights)
  const hash = apply(graph, 'Add', apply(graph, 'Mod', sums, number(hashPrime)), number(1))
  const stops = stopWords(settings.stopWords).map((word) =>
    hashWord(
      Array.from(foldText(word, settings), (character) => character.codePointAt(0) ?? 0),
      alphabet,
    ),
  )
  const isStop = graph.node({
    operator: 'LabelEncoder',
    domain: 'ai.onnx.ml',
    inputs: [hash],
    attributes: {
      keys_int64s: { kind: 'ints', values: [0, ...stops.map((stop) => stop + 1)] },
      values_int64s: { kind: 'ints', values: [0, ...stops.map(() => 1)] },
      default_int64: { kind: 'int', value: 0 },
    },
  })
  // The characters of a word that is not there are all 0.
  const length = graph.node({
    operator: 'ReduceMax',
    inputs: [codes],
    attributes: { axes: { kind: 'ints', values: [2] }, keepdims: { kind: 'int', value: 0 } },
  })
  const isWord = apply(graph, 'Greater', length, number(0))
  const isKept = apply(graph, 'And', isWord, apply(graph, 'Not', castTo(graph, isStop, 'bool')))
  return addCompact(graph, hash, isKept, number(0))
}

/** Hashes of runs of n tokens that start at each place, and the last token of each: 0 where the run reaches past the end. */
function addRuns(graph: GraphBuilder, tokens: string, n: number): { readonly hash: string; readonly last: string } {
  const number = (value: number) => scalar(graph, 'int64', value)
  const padding = int64s(graph, 'padding', [0, 0, 0, n - 1])
  const padded = n === 1 ? tokens : apply(graph, 'Pad', tokens, padding, number(0))
  const part = (place: number) => columnsFrom(graph, padded, place, place === n - 1 ? 2 ** 53 : place - n + 1)
  let hash = part(0)
  let last = hash
  for (let place = 1; place < n; place++) {
    last = part(place)
    const sum = apply(graph, 'Add', apply(graph, 'Mul', hash, number(hashStep)), last)
    hash = apply(graph, 'Mod', sum, number(hashPrime))
  }
  return { hash, last }
}

function addScattered(
  graph: GraphBuilder,
  hashes: string,
  present: string,
  { width, alternateSign }: HashingTarget,
): string {
  const number = (value: number) => scalar(graph, 'int64', value)
  const spread = apply(graph, 'Mod', apply(graph, 'Mul', hashes, number(hashSpread)), number(hashPrime))
  const columns = apply(graph, 'Mod', spread, number(width))
  const odd = apply(graph, 'Mod', apply(graph, 'Div', spread, number(width)), number(2))
  const sign = apply(graph, 'Sub', number(1), apply(graph, 'Mul', odd, number(alternateSign ? 2 : 0)))
  const counted = apply(graph, 'Where', apply(graph, 'Equal', present, number(0)), number(0), sign)
  const rowCount = apply(
    graph,
    'Slice',
    apply(graph, 'Shape', hashes),
    int64s(graph, 'from', [0]),
    int64s(graph, 'to', [1]),
  )
  const shape = graph.node({
    operator: 'Concat',
    inputs: [rowCount, int64s(graph, 'width', [width])],
    attributes: { axis: { kind: 'int', value: 0 } },
  })
  const zeros = apply(graph, 'Expand', scalar(graph, 'float32', 0), shape)
  return graph.node({
    operator: 'ScatterElements',
    inputs: [zeros, columns, castTo(graph, counted, 'float32')],
    attributes: { axis: { kind: 'int', value: 1 }, reduction: { kind: 'string', value: 'add' } },
  })
}
