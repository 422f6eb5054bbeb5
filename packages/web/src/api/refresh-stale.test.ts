import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { refreshStale } from './refresh-stale.js'

/** A question that a page asks, whose answers the test gives one by one. */
function ask(client: QueryClient, topic: string) {
  const answers: ((value: string) => void)[] = []
  const queryFn = () => new Promise<string>((resolve) => answers.push(resolve))
  const observer = new QueryObserver(client, { queryKey: [topic, 'list'], queryFn, retry: false })
  const stop = observer.subscribe(() => {})
  return { answers, stop, shown: () => observer.getCurrentResult().data }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('refreshStale', () => {
  it('asks again for answers that are there', async () => {
    const client = new QueryClient()
    const runs = ask(client, 'runs')
    runs.answers[0]?.('old')
    await settled()
    void refreshStale(client, new Set(['runs']))
    await settled()
    runs.answers[1]?.('new')
    await settled()
    expect(runs.shown()).toBe('new')
    runs.stop()
  })

  it('asks again for an answer that was on its way, as it may be older than the change', async () => {
    const client = new QueryClient()
    const [runs, models] = [ask(client, 'runs'), ask(client, 'models')]
    void refreshStale(client, new Set(['runs']))
    runs.answers[0]?.('before the change')
    models.answers[0]?.('unchanged')
    await settled()
    await settled()
    expect([runs.answers.length, models.answers.length]).toEqual([2, 1])
    runs.answers[1]?.('after the change')
    await settled()
    expect([runs.shown(), models.shown()]).toEqual(['after the change', 'unchanged'])
    runs.stop()
    models.stop()
  })
})
