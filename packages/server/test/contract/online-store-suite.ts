import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { castKey, encodeKey } from '../../src/contexts/features/online/encode-key.js'
import { type OnlineRow, type OnlineStore, unknownCreated } from '../../src/contexts/features/online/model.js'
import { decodeSteps, encodeSteps } from '../../src/contexts/features/online/steps.js'

/** What every online store does. `open` gives a store on nothing; what it keeps is only that of this suite. */
export function onlineStoreSuite(kind: string, open: () => Promise<OnlineStore>): void {
  describe(`online store: ${kind}`, () => {
    let store: OnlineStore
    let version = 0
    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store?.close())

    const next = () => {
      version += 1
      return version
    }
    const row = (key: string, eventUs: number, value: unknown = eventUs, createdUs = unknownCreated): OnlineRow => ({
      key: encodeKey([key]),
      eventUs,
      createdUs,
      steps: JSON.stringify([[eventUs, eventUs, [value]]]),
    })
    const valuesOf = async (of: number, ...keys: readonly string[]) => {
      const [found = []] = await store.read([{ version: of, keys: keys.map((key) => encodeKey([key])) }])
      return found.map((steps) => (steps === undefined ? undefined : decodeSteps(steps)[0]?.values[0]))
    }

    test('only newer events take the place of what is there, in any order of writing', async () => {
      const own = next()
      const writes: readonly (readonly [number, number])[] = [
        [20, 0],
        [10, 1],
        [30, 0],
        [29, 1],
        [-5, 1],
        [31, 0],
      ]
      for (const [event, older] of writes) {
        expect(await store.write(own, [row('a', event)])).toEqual({ written: 1 - older, older })
      }
      expect(await valuesOf(own, 'a')).toEqual([31])
    })

    test('of equal events the one created later stays, unknown lowest; of all equal the last write', async () => {
      const own = next()
      const write = (value: string, created?: number) => store.write(own, [row('a', 7, value, created)])
      await write('unknown')
      expect(await write('first', 100)).toEqual({ written: 1, older: 0 })
      expect(await write('unknown again')).toEqual({ written: 0, older: 1 })
      expect(await write('earlier', 99)).toEqual({ written: 0, older: 1 })
      expect(await valuesOf(own, 'a')).toEqual(['first'])
      await write('same moment', 100)
      expect(await valuesOf(own, 'a')).toEqual(['same moment'])
      await write('later', 101)
      expect(await write('same moment', 100)).toEqual({ written: 0, older: 1 })
      expect(await valuesOf(own, 'a')).toEqual(['later'])
    })

    test('moments differ by a microsecond, before 1970 too', async () => {
      const own = next()
      const base = 1_772_000_000_000_000
      await store.write(own, [row('a', base + 1), row('b', -base)])
      expect(await store.write(own, [row('a', base), row('b', -base - 1)])).toEqual({ written: 0, older: 2 })
      expect(await store.write(own, [row('a', base + 2), row('b', -base + 1)])).toEqual({ written: 2, older: 0 })
      expect(await valuesOf(own, 'a', 'b')).toEqual([base + 2, -base + 1])
    })

    test('a batch counts what was older, and a repeat changes nothing', async () => {
      const own = next()
      const rows = Array.from({ length: 1_234 }, (_, index) => row(`k${index}`, index))
      expect(await store.write(own, rows)).toEqual({ written: 1_234, older: 0 })
      expect(await store.write(own, rows)).toMatchObject({ older: 0 })
      const moved = rows.map((one, index) => (index % 2 === 0 ? row(`k${index}`, index - 1, 'old') : one))
      expect(await store.write(own, moved)).toEqual({ written: 617, older: 617 })
      expect(await store.count(own)).toBe(1_234)
      expect(await valuesOf(own, 'k0', 'k1', 'k1233')).toEqual([0, 1, 1233])
      expect(await store.write(own, [])).toEqual({ written: 0, older: 0 })
    })

    test('a batch of which some keys are there keeps what is newer, and counts each key once', async () => {
      const own = next()
      await store.write(own, [row('a', 5), row('b', 5)])
      expect(await store.write(own, [row('a', 4), row('b', 6), row('c', 1)])).toEqual({ written: 2, older: 1 })
      expect(await valuesOf(own, 'a', 'b', 'c')).toEqual([5, 6, 1])
      expect(await store.count(own)).toBe(3)
      await store.drop(own)
      expect(await store.write(own, [row('a', 1), row('c', 1)])).toEqual({ written: 2, older: 0 })
      expect(await store.count(own)).toBe(2)
    })

    test('keys of any text stay apart', async () => {
      const own = next()
      const texts = [
        '',
        ' ',
        'a:b',
        'a',
        '["a"]',
        "'; drop",
        'é',
        'e\u0301',
        '日本',
        '😀',
        '\u0000',
        '\\u0000',
        '*',
        'a*',
        '%',
      ]
      const long = 'x'.repeat(10 * 1024)
      const keys = [...texts, long, `${long}y`, '\ud800', `${'日'.repeat(5_000)}`]
      await store.write(
        own,
        keys.map((key, index) => row(key, index, index)),
      )
      expect(await valuesOf(own, ...keys)).toEqual(keys.map((_key, index) => index))
      expect(await store.count(own)).toBe(keys.length)
    })

    test('composite keys are never one text, and types stay apart', async () => {
      const own = next()
      const lists = [
        [1, 23],
        [12, 3],
        ['1', 23],
        ['1,23'],
        [true, 1],
        ['true', 1],
        [123],
        ['a","b'],
        ['a', 'b'],
        [2n ** 63n - 1n],
      ]
      const rows = lists.map((parts, index) => ({ ...row('', index, index), key: encodeKey(parts) }))
      await store.write(own, rows)
      const [found = []] = await store.read([{ version: own, keys: rows.map(({ key }) => key) }])
      expect(found.map((steps) => decodeSteps(steps ?? '[]')[0]?.values[0])).toEqual(
        lists.map((_parts, index) => index),
      )
    })

    test('values come back as they were', async () => {
      const own = next()
      const values = [
        null,
        true,
        false,
        0,
        -0.1,
        1e300,
        'text',
        '',
        '\u0000 é 😀',
        'NaN',
        'Infinity',
        [1, [null]],
        { a: 1 },
      ]
      const steps = encodeSteps([
        { fromUs: 1, eventUs: 1, values },
        { fromUs: 5, eventUs: 1, values: [] },
      ])
      await store.write(own, [{ key: encodeKey(['a']), eventUs: 1, createdUs: 1, steps }])
      const [[found] = []] = await store.read([{ version: own, keys: [encodeKey(['a'])] }])
      expect(found).toBe(steps)
    })

    test('a thousand keys of several versions in one read, in the order in which they were asked for', async () => {
      const [one, two] = [next(), next()]
      await store.write(
        one,
        Array.from({ length: 500 }, (_, index) => row(`k${index * 2}`, index, index * 2)),
      )
      await store.write(two, [row('k1', 1, 'two')])
      const keys = Array.from({ length: 1_000 }, (_, index) => encodeKey([`k${999 - index}`]))
      const [first = [], second = [], none] = await store.read([
        { version: one, keys },
        { version: two, keys: [encodeKey(['k1']), encodeKey(['k1']), encodeKey(['k2'])] },
        { version: one, keys: [] },
      ])
      const values = first.map((steps) => (steps === undefined ? undefined : decodeSteps(steps)[0]?.values[0]))
      expect(values).toEqual(keys.map((_key, index) => (index % 2 === 1 ? 999 - index : undefined)))
      expect(second.map((steps) => steps !== undefined)).toEqual([true, true, false])
      expect(none).toEqual([])
    })

    test('writers beside one another leave the newest of each key', async () => {
      const own = next()
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let round = 0; round < 10; round += 1) {
          const keys = Array.from({ length: 20 }, (_key, index) => (index + writer * 7) % 20)
          // Each writer has each key at moments that no other has.
          await store.write(
            own,
            keys.map((key) => row(`k${key}`, ((round * 37 + key) % 10) * 8 + writer)),
          )
        }
      })
      await Promise.all(writers)
      const keys = Array.from({ length: 20 }, (_, index) => `k${index}`)
      expect(await valuesOf(own, ...keys)).toEqual(keys.map(() => 79))
    })

    test('a version that is dropped takes no other with it', async () => {
      const [gone, kept] = [next(), next()]
      const rows = Array.from({ length: 300 }, (_, index) => row(`k${index}`, index))
      await store.write(gone, rows)
      await store.write(kept, rows)
      await store.drop(gone)
      expect([await store.count(gone), await store.count(kept)]).toEqual([0, 300])
      expect(await valuesOf(gone, 'k1')).toEqual([undefined])
      await store.drop(gone)
      expect(await store.write(gone, [row('k1', -1)])).toEqual({ written: 1, older: 0 })
      expect([await store.count(gone), await store.count(kept)]).toEqual([1, 300])
    })

    test('a key that was cast is the key that was written', async () => {
      const integer = { name: 'id', type: 'integer' } as const
      const cast = (value: unknown) => encodeKey([castKey(value, integer, 'v') ?? ''])
      expect(cast('7')).toBe(encodeKey([7]))
      expect(cast('9223372036854775807')).toBe(encodeKey([2n ** 63n - 1n]))
      expect(cast(-0)).toBe(encodeKey([0]))
    })
  })
}
