import { describe, expect, test } from 'vitest'
import { pairsText, runPageText } from './run-texts.js'

/** As `json_object_agg` of the database writes an object. */
function objectOf(pairs: readonly (readonly [key: string, value: string])[]): string {
  return `{ ${pairs.map(([key, value]) => `${JSON.stringify(key)} : ${JSON.stringify(value)}`).join(', ')} }`
}

describe('an object of the database as a list', () => {
  test.each([
    [
      'plain ones',
      [
        ['a', '1'],
        ['b', 'text of b'],
      ],
    ],
    [
      'empty values',
      [
        ['a', ''],
        ['b', ''],
      ],
    ],
    [
      'what separates pairs and their parts',
      [
        ['", "', ', '],
        [' : ', '" : "'],
        [', ', ' : '],
      ],
    ],
    [
      'backslashes before quotes',
      [
        ['a\\', '\\"'],
        ['b', '\\\\'],
        ['c', '\\\\"'],
      ],
    ],
    [
      'lines, control characters and dollars',
      [
        ['a', 'x\ny\u0001\u0002'],
        ['$1', '$2$&'],
      ],
    ],
    [
      'other scripts',
      [
        ['clé', 'été 😀'],
        ['\u2028', '日本'],
      ],
    ],
    ['JSON', [['mlflow.log-model.history', '[{"run_id":"x","flavors":{"a" : "b", "c" : "d"}}]']]],
    [
      'long values',
      [
        ['a', '"\\'.repeat(50_000)],
        ['b', 'x'.repeat(100_000)],
      ],
    ],
  ] as const)('holds %s', (_, pairs) => {
    const expected = pairs.map(([key, value]) => ({ key, value }))
    expect(JSON.parse(pairsText(objectOf(pairs)))).toEqual(expected)
  })
})

describe('a page', () => {
  async function* parts(...texts: (readonly string[])[]) {
    for (const part of texts) yield part.map((text) => Buffer.from(text))
  }
  const textOf = async (count: number, nextPageToken: string | undefined, ...texts: (readonly string[])[]) => {
    const { text } = await runPageText({ count, parts: parts(...texts), nextPageToken })
    if (typeof text === 'string') return text
    if (Buffer.isBuffer(text)) return text.toString()
    let whole = ''
    for await (const chunk of text) whole += String(chunk)
    return whole
  }

  test.each([3, 3000])('of %d runs has each once, in order', async (count) => {
    const runs = Array.from({ length: count }, (_, index) => `{"name":"é${index}"}`)
    const text = await textOf(count, 'tok"en', runs.slice(0, 2), [], runs.slice(2))
    expect(JSON.parse(text)).toEqual({
      runs: runs.map((_, index) => ({ name: `é${index}` })),
      next_page_token: 'tok"en',
    })
  })

  test('of runs that were purged meanwhile is empty', async () => {
    expect(JSON.parse(await textOf(2, undefined, []))).toEqual({ runs: [] })
    expect(await textOf(0, undefined)).toBe('{}')
  })
})
