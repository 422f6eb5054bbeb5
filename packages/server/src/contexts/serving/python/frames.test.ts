import { describe, expect, test } from 'vitest'
import { FrameReader, writeFrame } from './frames.js'

const bytesOf = (head: unknown, body: readonly Uint8Array[]) => Buffer.concat(writeFrame(head, body))

describe('frames', () => {
  test('come out as they went in, however they are cut', () => {
    const frames = [
      { head: { kind: 'ready' }, body: [] },
      { head: { kind: 'é 😀' }, body: [Uint8Array.of(0, 255, 10), Uint8Array.of(1)] },
      { head: [], body: [new Uint8Array(40).fill(7)] },
    ]
    const all = Buffer.concat(frames.map(({ head, body }) => bytesOf(head, body)))
    const expected = frames.map(({ head, body }) => ({ head, body: body.flatMap((block) => [...block]) }))
    for (let size = 1; size <= all.length; size += 1) {
      const reader = new FrameReader(1000)
      const read = []
      for (let at = 0; at < all.length; at += size) read.push(...reader.add(all.subarray(at, at + size)))
      expect(read.map(({ head, body }) => ({ head, body: [...body] }))).toEqual(expected)
    }
  })

  test('one that is too long is refused before it is there', () => {
    const reader = new FrameReader(1000)
    const long = bytesOf({ kind: 'long' }, [new Uint8Array(2000)])
    expect(() => reader.add(long.subarray(0, 8))).toThrow('and 1000 are the most')
  })
})
