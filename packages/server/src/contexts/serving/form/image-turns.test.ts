import { afterEach, describe, expect, test, vi } from 'vitest'
import { limit } from '../../../kernel/index.js'
import { type Patience, takeTurn } from './image-turns.js'

afterEach(() => void vi.useRealTimers())

/** Requests that each take a turn, or wait for one, until they are ended. */
function begin(count: number, patience: Patience = { bytes: 1 }) {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const all = Array.from({ length: count }, (_, at) => {
    const until = new Promise<void>((resolve) => ends.push(resolve))
    return takeTurn(() => {
      begun.push(at)
      return until
    }, patience)
  })
  const end = async () => {
    for (const one of ends) one()
    await Promise.all(all)
  }
  return { begun, end }
}

const atOnce = limit('serving.images_at_once')
const refusal = { code: 'server_overloaded' }
const ask = (patience: Patience) => takeTurn(async () => 'taken', patience)

describe('turns of images', () => {
  test('come in the order in which they were asked for', async () => {
    const { begun, end } = begin(atOnce + 3)
    expect(begun).toHaveLength(atOnce)
    await end()
    expect(begun).toEqual(Array.from({ length: atOnce + 3 }, (_, at) => at))
    expect(await ask({ bytes: 1 })).toBe('taken')
  })

  test('are waited for by so many only', async () => {
    const { end } = begin(atOnce + limit('serving.images_waiting_max'))
    await expect(ask({ bytes: 1 })).rejects.toMatchObject(refusal)
    await end()
    expect(await ask({ bytes: 1 })).toBe('taken')
  })

  test('are waited for with so many bytes only', async () => {
    const bytes = limit('serving.images_waiting_bytes_max') / 2
    const { end } = begin(atOnce + 2, { bytes })
    await expect(ask({ bytes: 1 })).rejects.toMatchObject(refusal)
    await end()
    const again = begin(atOnce + 2, { bytes })
    await again.end()
    expect(again.begun).toHaveLength(atOnce + 2)
  })

  test.each([
    ['the request says', 50],
    ['any may', undefined],
  ])('are waited for as long as %s', async (_, timeoutMs) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { end } = begin(atOnce)
    const late = ask({ bytes: 1, timeoutMs })
    const refused = expect(late).rejects.toMatchObject(refusal)
    vi.advanceTimersByTime(timeoutMs ?? limit('serving.wait_ms'))
    await refused
    // Who has left holds no place.
    const { begun, end: endOthers } = begin(2)
    await end()
    await endOthers()
    expect(begun).toEqual([0, 1])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('go to the next where one fails', async () => {
    const { end } = begin(atOnce - 1)
    const failing = takeTurn(async () => Promise.reject(new Error('no image')), { bytes: 1 })
    const next = ask({ bytes: 1 })
    await expect(failing).rejects.toThrow('no image')
    expect(await next).toBe('taken')
    await end()
  })
})
