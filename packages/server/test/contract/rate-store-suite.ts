import { parseRate, type Rate } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RateStore } from '../../src/platform/index.js'

export interface RateStoreHarness {
  readonly store: RateStore
  /** A second one on the same counts, as of another server; absent where counts are of one process. */
  readonly other?: RateStore
  /** Lets time pass for a key. */
  elapse(key: string, ms: number): Promise<void>
  close(): Promise<void>
}

function rateOf(text: string): Rate {
  const rate = parseRate(text)
  if (rate === undefined) throw new Error(`${text} is no rate`)
  return rate
}

/** What every store of rates does. Rates are slow, so that what a test itself takes changes nothing. */
export function rateStoreSuite(kind: string, open: () => Promise<RateStoreHarness>): void {
  describe(`rate store: ${kind}`, () => {
    let harness: RateStoreHarness
    beforeAll(async () => {
      harness = await open()
    })
    afterAll(() => harness?.close())

    const rate = rateOf('4/day')
    const perRequest = 6 * 3_600_000
    const slackMs = 600_000

    test('as many as the rate says are allowed at once, and the next is told when to come back', async () => {
      const { store } = harness
      const remaining = []
      for (let time = 0; time < 4; time += 1) {
        const decision = await store.take('at-once', rate)
        expect(decision.isAllowed).toBe(true)
        remaining.push(decision.remaining)
      }
      expect(remaining).toEqual([3, 2, 1, 0])
      const refused = await store.take('at-once', rate)
      expect(refused).toMatchObject({ isAllowed: false, remaining: 0 })
      expect(refused.resetMs).toBeGreaterThan(perRequest - slackMs)
      expect(refused.resetMs).toBeLessThanOrEqual(perRequest)
      // To be refused uses nothing.
      expect((await store.take('at-once', rate)).resetMs).toBeLessThanOrEqual(refused.resetMs)
      expect((await store.take('someone-else', rate)).isAllowed).toBe(true)
    })

    test('one comes back with each part of the window, and never more than all', async () => {
      const { store } = harness
      for (let time = 0; time < 4; time += 1) await store.take('comes-back', rate)
      await harness.elapse('comes-back', perRequest - slackMs)
      expect((await store.take('comes-back', rate)).isAllowed).toBe(false)
      await harness.elapse('comes-back', 2 * slackMs)
      expect((await store.take('comes-back', rate)).isAllowed).toBe(true)
      expect((await store.take('comes-back', rate)).isAllowed).toBe(false)
      await harness.elapse('comes-back', 10 * 86_400_000)
      const allowed = []
      for (let time = 0; time < 6; time += 1) allowed.push((await store.take('comes-back', rate)).isAllowed)
      expect(allowed).toEqual([true, true, true, true, false, false])
    })

    test('of many at once no more than the rate are allowed', async () => {
      const stores = [harness.store, harness.other ?? harness.store]
      const decisions = await Promise.all(
        Array.from({ length: 40 }, (_, index) => stores[index % 2]?.take('many', rateOf('7/31 days'))),
      )
      expect(decisions.filter((decision) => decision?.isAllowed === true)).toHaveLength(7)
    })

    test('what is given back may be taken again, and is never more than all', async () => {
      const { store } = harness
      const twice = rateOf('2/day')
      for (let time = 0; time < 2; time += 1) await store.take('given-back', twice)
      await store.giveBack('given-back', twice)
      expect((await store.take('given-back', twice)).isAllowed).toBe(true)
      expect((await store.take('given-back', twice)).isAllowed).toBe(false)
      for (let time = 0; time < 5; time += 1) await store.giveBack('given-back', twice)
      await store.giveBack('never-taken', twice)
      for (const key of ['given-back', 'never-taken']) {
        const allowed = []
        for (let time = 0; time < 3; time += 1) allowed.push((await store.take(key, twice)).isAllowed)
        expect(allowed).toEqual([true, true, false])
      }
    })

    test('keys may hold anything', async () => {
      for (const key of ["o'hara|é\n", 'predict:a b|2001:db8:0:1::/64', `long${'x'.repeat(2000)}`]) {
        expect((await harness.store.take(key, rateOf('1/day'))).isAllowed).toBe(true)
        expect((await harness.store.take(key, rateOf('1/day'))).isAllowed).toBe(false)
      }
    })

    test('an odd rate gives all of it', async () => {
      const allowed = []
      for (let time = 0; time < 8; time += 1) allowed.push((await harness.store.take('odd', rateOf('7/day'))).isAllowed)
      expect(allowed).toEqual([true, true, true, true, true, true, true, false])
    })
  })
}
