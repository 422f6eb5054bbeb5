import type { Flow } from '@fabrique/contract'
import { expect, it } from 'vitest'
import { failingFlows } from './failing-flows.js'

/** A flow by the states of its newest runs, oldest first. */
const flowOf = (name: string, ...types: Flow['bars'][number]['state']['type'][]) => ({
  project: 'shop',
  name,
  bars: types.map((type, at) => ({
    id: `${name}-${at}`,
    state: { type, name: type },
    scheduled_for: `2026-11-0${at + 1}T00:00:00Z`,
  })),
})

it('a flow fails whose newest run that is over failed or crashed; the newest comes first', () => {
  const flows = [
    flowOf('never'),
    flowOf('fine', 'FAILED', 'COMPLETED'),
    flowOf('cancelled', 'FAILED', 'CANCELLED'),
    flowOf('older', 'FAILED', 'RUNNING', 'SCHEDULED'),
    flowOf('newer', 'COMPLETED', 'CRASHED', 'RUNNING'),
    flowOf('loop', 'FAILED'),
  ]
  expect(failingFlows(flows).map(({ run }) => run.id)).toEqual(['newer-1', 'older-0'])
})
