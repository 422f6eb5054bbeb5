import { describe, expect, test } from 'vitest'
import { itemAt } from '../data/element.js'
import { textColumn } from '../data/table.js'
import { denseValues, flowNames } from '../pipeline/flow.js'
import { countVectorizer } from './count-vectorizer.js'
import { foldCharacter, foldText, isSpace, isWordCharacter, unfoldAlphabet } from './fold-character.js'
import { hashingVectorizer } from './hashing-vectorizer.js'
import { createSequenceTable } from './sequence-table.js'
import { stopWords } from './stop-words.js'
import { tfidfVectorizer } from './tfidf-vectorizer.js'

const both = { lowercase: true, stripAccents: true }

describe('folding', () => {
  test('is of single characters to single characters', () => {
    expect(foldText('ÉTÉ à Çédille Œuvre', both)).toBe('ete a cedille œuvre')
    expect(foldText('ÉTÉ', { lowercase: true, stripAccents: false })).toBe('été')
    expect(foldText('ÉTÉ', { lowercase: false, stripAccents: true })).toBe('ETE')
    // Each would become two characters.
    expect(foldText('ﬁ İ', { lowercase: true, stripAccents: false })).toBe('ﬁ İ')
    expect(foldText('𝐀', both)).toBe('A')
  })

  test('the characters that are folded to an alphabet are found again, all of them', () => {
    const pairs = unfoldAlphabet([101, 0x3c3], both)
    for (const [from, to] of pairs) expect(foldCharacter(from, both)).toBe(to)
    const found = String.fromCodePoint(...pairs.map(([from]) => from))
    for (const character of 'eEéÉêËėσΣ') expect(found).toContain(character)
    expect(found).not.toContain('a')
  })

  test.each(['a', 'é', '7', '_', 'ß', '不', '²'])('%s belongs to words', (character) => {
    expect(isWordCharacter(character.codePointAt(0) ?? 0)).toBe(true)
  })

  test.each(['-', '’', ' ', '☃', '\u0301', '\u0000'])('%s does not', (character) => {
    expect(isWordCharacter(character.codePointAt(0) ?? 0)).toBe(false)
  })

  test('white space of all kinds is a space', () => {
    for (const code of [9, 10, 13, 32, 0xa0, 0x202f, 0x3000]) expect(isSpace(code)).toBe(true)
    expect(isSpace(0x200b)).toBe(false)
  })
})

describe('a table of sequences', () => {
  test('numbers 50,000 of them in order and finds each again', () => {
    const table = createSequenceTable()
    const items = (index: number) => Int32Array.of(index % 7, index, index >> 3)
    for (let index = 0; index < 50_000; index++) expect(table.intern(items(index), 0, 3)).toBe(index)
    for (let index = 0; index < 50_000; index += 977) {
      expect(table.find(items(index), 0, 3)).toBe(index)
      expect([...table.items(index)]).toEqual([...items(index)])
    }
    expect(table.size).toBe(50_000)
  })

  test('tells a sequence from its beginning and from a part of another', () => {
    const table = createSequenceTable()
    expect(table.intern(Int32Array.of(1, 2, 3), 0, 3)).toBe(0)
    expect(table.find(Int32Array.of(1, 2), 0, 2)).toBe(-1)
    expect(table.find(Int32Array.of(9, 1, 2, 3), 1, 3)).toBe(0)
    expect(table.intern(new Int32Array(0), 0, 0)).toBe(1)
  })
})

async function countsOf(texts: readonly (string | null)[], parameters: Readonly<Record<string, unknown>>) {
  const input = [textColumn('t', texts)]
  const { fitted, output } = await fitCounts(input, parameters)
  expect(countVectorizer.transform(fitted, input)).toEqual(output)
  const names = (flowNames(output) ?? []).map((name) => name.slice(2))
  const columns = denseValues(output, 'test')
  return texts.map((_, row) =>
    Object.fromEntries(
      names.map((name, index) => [name, itemAt(itemAt(columns, index), row)]).filter(([, count]) => count !== 0),
    ),
  )
}

async function fitCounts(input: ReturnType<typeof textColumn>[], parameters: Readonly<Record<string, unknown>>) {
  const done = await countVectorizer.fitTransform?.({ input, target: null, parameters })
  if (done === undefined) throw new Error('count_vectorizer fits and transforms at once')
  return done
}

describe('terms', () => {
  test('are words of two characters and more, folded', async () => {
    expect(await countsOf(['L’été, à la mer: la MER_2 !', '', null], {})).toEqual([
      { été: 1, la: 2, mer: 1, mer_2: 1 },
      {},
      {},
    ])
  })

  test('of several words reach over stop words, which are folded as well', async () => {
    const counts = await countsOf(['jeu DE société'], { ngram_range: [2, 2], stop_words: 'french' })
    expect(counts).toEqual([{ 'jeu société': 1 }])
    expect(await countsOf(['jeu où été là'], { stop_words: 'french', strip_accents: 'unicode' })).toEqual([{ jeu: 1 }])
  })

  test('of words that training did not see break a pair', async () => {
    const { fitted } = await fitCounts([textColumn('t', ['rouge vin', 'vin blanc'])], { ngram_range: [2, 2] })
    const output = countVectorizer.transform(fitted, [textColumn('t', ['rouge grand vin', 'un rouge vin blanc'])])
    expect(denseValues(output, 'test').map((column) => [...column])).toEqual([
      [0, 1],
      [0, 1],
    ])
  })

  test('of characters see any white space as one space', async () => {
    expect(await countsOf(['a \t\n b'], { analyzer: 'char', ngram_range: [3, 3] })).toEqual([{ 'a b': 1 }])
  })

  test('of characters within words have a space at each end, and short words come once, whole', async () => {
    expect(await countsOf(['ab  c'], { analyzer: 'char_wb', ngram_range: [3, 5] })).toEqual([
      { ' ab': 1, 'ab ': 1, ' ab ': 1, ' c ': 1 },
    ])
  })

  test('are bounded by the rows that have them; rows of one text count each', async () => {
    const texts = ['chaise table', 'chaise table', 'chaise lampe', 'chaise']
    expect(Object.keys((await countsOf(texts, { min_df: 2 }))[0] ?? {})).toEqual(['chaise', 'table'])
    expect(Object.keys((await countsOf(texts, { max_df: 0.6 }))[0] ?? {})).toEqual(['table'])
    expect(Object.keys((await countsOf(texts, { max_features: 1 }))[0] ?? {})).toEqual(['chaise'])
  })

  test.each([{ min_df: 5 }, { stop_words: 'french' }])('%o leaves none, which is refused', async (parameters) => {
    await expect(countsOf(['le la les', null], parameters)).rejects.toThrowError(
      expect.objectContaining({ code: 'empty_set' }),
    )
  })

  test('a long text with thousands of distinct terms has them in order', async () => {
    const words = Array.from({ length: 3000 }, (_, index) => `mot${(index * 7919) % 3000}`)
    const { output } = await fitCounts([textColumn('t', [words.join(' ')])], {})
    if (!('columnIds' in output)) throw new Error('text vectors are sparse')
    expect([...output.columnIds]).toEqual([...output.columnIds.keys()])
    expect(output.values.every((value) => value === 1)).toBe(true)
  })

  test('reading texts stops when it is told to', async () => {
    const fit = tfidfVectorizer.fit({
      input: [
        textColumn(
          't',
          Array.from({ length: 3 }, (_, row) => `mot ${row} `.repeat(300_000)),
        ),
      ],
      target: null,
      signal: AbortSignal.abort(),
    })
    await expect(fit).rejects.toThrowError(expect.objectContaining({ code: 'training_aborted' }))
  })
})

describe('hashed terms', () => {
  const input = [textColumn('t', ['chaise en bois', 'table en bois bleu', 'chaise'])]

  test('keep the counts where columns are many, and the length 1', async () => {
    const fitted = await hashingVectorizer.fit({ input, target: null })
    const output = hashingVectorizer.transform(fitted, input)
    if (!('columnIds' in output)) throw new Error('text vectors are sparse')
    expect([...output.rowStarts]).toEqual([0, 3, 7, 8])
    expect(Math.abs(output.values[0] ?? 0)).toBeCloseTo(1 / Math.sqrt(3), 6)
    expect(output.columnCount).toBe(2 ** 18)
  })

  test('of a text depend on nothing else, not on what was learnt', async () => {
    const other = await hashingVectorizer.fit({ input: [textColumn('t', ['tout autre chose'])], target: null })
    const fitted = await hashingVectorizer.fit({ input, target: null })
    expect(hashingVectorizer.transform(other, input)).toEqual(hashingVectorizer.transform(fitted, input))
  })

  test('are spread evenly', async () => {
    const texts = Array.from({ length: 20_000 }, (_, row) => `mot${row}`)
    const parameters = { n_features: 100, norm: null, alternate_sign: false }
    const fitted = await hashingVectorizer.fit({ input: [textColumn('t', texts)], target: null, parameters })
    const counts = denseValues(hashingVectorizer.transform(fitted, [textColumn('t', texts)]), 'test').map((column) =>
      column.reduce((total, value) => total + value, 0),
    )
    // Chi-squared with 99 degrees of freedom: 148 is exceeded once in a thousand.
    expect(counts.reduce((total, count) => total + (count - 200) ** 2 / 200, 0)).toBeLessThan(148)
  })
})

test('lists of stop words hold common words, once each', () => {
  expect(stopWords('french')).toContain('très')
  expect(stopWords('english')).toContain('the')
  const all = stopWords('english_french')
  expect(new Set(all).size).toBe(all.length)
  expect(stopWords(null)).toEqual([])
})
