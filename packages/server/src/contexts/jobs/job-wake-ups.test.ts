import { expect, test } from 'vitest'
import { jobChannel, listenToJobs } from './job-wake-ups.js'

/** Wake-ups, and what tells of a job. */
function listening() {
  const listeners = new Map<string, (payload: string) => void>()
  const wakeUps = listenToJobs({
    listen(channel, callback) {
      listeners.set(channel, callback)
      return () => listeners.delete(channel)
    },
  })
  return { wakeUps, tell: (job: string) => listeners.get(jobChannel)?.(job) }
}

/** What has ended once everything that was ready has run. */
async function endedOf(waits: Readonly<Record<string, Promise<void>>>): Promise<readonly string[]> {
  const ended: string[] = []
  for (const [name, wait] of Object.entries(waits)) void wait.then(() => ended.push(name))
  await new Promise((resolve) => setImmediate(resolve))
  return ended
}

test('wakes all who wait for the job that is told of, and nobody else', async () => {
  const { wakeUps, tell } = listening()
  const waits = { one: wakeUps.of('a').next(), two: wakeUps.of('a').next(), other: wakeUps.of('b').next() }
  tell('a')
  expect(await endedOf(waits)).toEqual(['one', 'two'])
})

test('wakes at once where the job was told of before, once', async () => {
  const { wakeUps, tell } = listening()
  const wakeUp = wakeUps.of('a')
  tell('a')
  tell('a')
  expect(await endedOf({ first: wakeUp.next() })).toEqual(['first'])
  expect(await endedOf({ second: wakeUp.next() })).toEqual([])
})

test('wakes nobody who waits no more, and those who begin later', async () => {
  const { wakeUps, tell } = listening()
  const gone = wakeUps.of('a')
  const waits = { gone: gone.next() }
  gone.end()
  tell('a')
  const later = { later: wakeUps.of('a').next() }
  tell('a')
  expect(await endedOf({ ...waits, ...later })).toEqual(['later'])
})
