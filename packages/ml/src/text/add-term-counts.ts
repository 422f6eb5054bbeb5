import { itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { createRandom } from '../random/create-random.js'
import { codesOf, type TermSettings } from './count-terms.js'
import { foldText } from './fold-character.js'
import { stopWords } from './stop-words.js'
import {
  addCharacters,
  addCharacterTokens,
  addCodes,
  addFirstText,
  addKeys,
  addWithout,
  addWithoutFirst,
  addWords,
} from './text-graph.js'

/**
 * Adds the nodes that count terms: string [N] becomes float32 [N, V]. No node depends on a locale: words are cut by the Tokenizer of
 * com.microsoft, which every build of onnxruntime has, then cut into characters, which a table folds; a word is then one number of
 * 64 bits, made of its characters. A row of text before the others keeps the shapes whole when there are no rows or no words.
 */
export function addTermCounts(
  graph: GraphBuilder,
  texts: string,
  terms: readonly string[],
  settings: TermSettings,
): string {
  const all = addFirstText(graph, texts, settings)
  const counts =
    settings.analyzer === 'word'
      ? addWordCounts(graph, all, terms, settings)
      : addCharacterCounts(graph, all, terms, settings)
  return addWithoutFirst(graph, counts)
}

function addWordCounts(graph: GraphBuilder, texts: string, terms: readonly string[], settings: TermSettings): string {
  const words = addWords(graph, texts, settings)
  const stops = settings.nMax > 1 ? stopWords(settings.stopWords).map((word) => foldText(word, settings)) : []
  const vocabulary = [...new Set([...terms.flatMap((term) => term.split(' ')), ...stops])]
  const { keyOf, weights } = wordKeys(vocabulary)
  const codes = addCodes(graph, addCharacters(graph, words), new Set(vocabulary.flatMap(codesOf)), settings)
  const keys = addKeys(graph, codes, weights)
  const kept = stops.length === 0 ? keys : addWithout(graph, keys, stops.map(keyOf))
  return addNgrams(
    graph,
    kept,
    terms.map((term) => term.split(' ').map(keyOf)),
  )
}

function addCharacterCounts(
  graph: GraphBuilder,
  texts: string,
  terms: readonly string[],
  settings: TermSettings,
): string {
  const tokens = addCharacterTokens(graph, texts, new Set(terms.flatMap(codesOf)), settings)
  return addNgrams(
    graph,
    tokens,
    terms.map((term) => codesOf(term).map(BigInt)),
  )
}

/** The number of a word is the sum of its characters, each times a random weight of its place, modulo 2^64. */
interface WordKeys {
  readonly keyOf: (word: string) => bigint
  /** By place; the last for all places beyond the longest word. */
  readonly weights: readonly bigint[]
}

/** Weights that give each word a number of its own. */
function wordKeys(words: readonly string[]): WordKeys {
  const length = words.reduce((longest, word) => Math.max(longest, codesOf(word).length), 0)
  for (let seed = 0; seed < 100; seed++) {
    const random = createRandom(seed)
    const weights = Array.from({ length: length + 1 }, () => {
      return (BigInt(random.intBelow(2 ** 31)) << 31n) | BigInt(random.intBelow(2 ** 31)) | 1n
    })
    const keyOf = (word: string) =>
      BigInt.asIntN(
        64,
        codesOf(word).reduce((sum, code, place) => sum + BigInt(code) * (weights[place] ?? 0n), 0n),
      )
    const keys = new Set(words.map(keyOf)).add(0n)
    if (keys.size === words.length + 1) return { keyOf, weights }
  }
  throw new MlError('model_too_large', 'The vocabulary is too large to be told apart: set max_features', {
    value: words.length,
  })
}

/** Counts of runs of numbers in each row of int64 [N, T], as float32 [N, V]. */
function addNgrams(graph: GraphBuilder, tokens: string, ngrams: readonly (readonly bigint[])[]): string {
  const lengths = ngrams.map((items) => items.length)
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  const order = [...ngrams.keys()].sort((a, b) => itemAt(lengths, a) - itemAt(lengths, b))
  const starts: number[] = []
  let start = 0
  for (let length = 1; length <= longest; length++) {
    starts.push(start)
    start += length * lengths.filter((own) => own === length).length
  }
  return graph.node({
    operator: 'TfIdfVectorizer',
    inputs: [tokens],
    attributes: {
      mode: { kind: 'string', value: 'TF' },
      min_gram_length: { kind: 'int', value: lengths.reduce((least, length) => Math.min(least, length), longest) },
      max_gram_length: { kind: 'int', value: longest },
      max_skip_count: { kind: 'int', value: 0 },
      ngram_counts: { kind: 'ints', values: starts },
      ngram_indexes: { kind: 'ints', values: order },
      pool_int64s: { kind: 'ints', values: order.flatMap((index) => itemAt(ngrams, index)) },
    },
  })
}
