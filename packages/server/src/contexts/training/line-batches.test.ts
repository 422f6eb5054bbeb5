import { expect, test } from 'vitest'
import { LineBatches } from './line-batches.js'
import type { ScriptLine } from './script-messages.js'

test('lines of both streams go together, one batch at a time, and the last one without an end too', async () => {
  const sent: (readonly ScriptLine[])[] = []
  const batches = new LineBatches((lines, _, done) => {
    sent.push(lines)
    done()
  })
  batches.add('stdout', Buffer.from('one\nt'))
  batches.add('stderr', Buffer.from('oops\n'))
  batches.add('stdout', Buffer.from('wo'))
  await batches.end()
  expect(sent).toEqual([
    [
      { stream: 'stdout', text: 'one' },
      { stream: 'stderr', text: 'oops' },
      { stream: 'stdout', text: 'two' },
    ],
  ])
})

test('a flood is cut and counted', async () => {
  let dropped = 0
  let lines = 0
  const batches = new LineBatches((sent, count, done) => {
    lines += sent.length
    dropped += count
    done()
  })
  batches.add('stdout', Buffer.from('x\n'.repeat(5_000)))
  await batches.end()
  expect([lines, dropped]).toEqual([2_000, 3_000])
})
