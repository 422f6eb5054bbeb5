// The flows of flows.py, as a project of Fabrique.
import { defineProject, flow, z } from 'fabrique'

/** Gives how long it took: what a timer is late is no overhead of a step. */
async function pause(ms: number): Promise<number> {
  const began = performance.now()
  await new Promise((resolve) => setTimeout(resolve, ms))
  return performance.now() - began
}

const steps = flow('steps', { params: z.object({ count: z.int(), ms: z.number() }) }, async (step, { count, ms }) => {
  const began = performance.now()
  let busy = 0
  for (let index = 0; index < count; index += 1) busy += await step.run(`wait-${index}`, () => pause(ms))
  return { ms: performance.now() - began, busy }
})

const mapped = flow('mapped', { params: z.object({ count: z.int() }) }, async (step, { count }) => {
  const began = performance.now()
  const numbers = Array.from({ length: count }, (_, index) => index)
  const results = await step.map('same', numbers, (number) => number)
  const seconds = (performance.now() - began) / 1000
  if (results.reduce((sum, number) => sum + number, 0) !== (count * (count - 1)) / 2) {
    throw new Error('The results are not those of the numbers')
  }
  return { seconds }
})

/** By the clock of the machine: the request is measured in another process. */
const first = flow('first', {}, async (step) => ({ at: await step.run('first', () => Date.now()) }))

export default defineProject({ name: 'bench', datasets: [], flows: [steps, mapped, first] })
