import { TrainingRequest } from '@fabrique/contract'
import { z } from 'zod'
import type { Run } from '../tracking/index.js'

/** Which rows of a snapshot a training learnt from, and which it was tested on. */
export const RunSplit = z.object({
  target: z.string(),
  task: z.enum(['classification', 'regression']).optional(),
  split: TrainingRequest.shape.split,
  seed: z.number().int(),
})
export type RunSplit = z.output<typeof RunSplit>

/** Tag of a run with it. */
const splitTag = 'fabrique.split'

/** What a run is told of its rows, as a tag. */
export function splitTags({ target, task, split, seed }: TrainingRequest): Readonly<Record<string, string>> {
  return { [splitTag]: JSON.stringify({ target, task, split, seed }) }
}

/** The same of a run; undefined where no training of ours made it. Runs of older versions have it in their parameters. */
export function splitOfRun({ data }: Pick<Run, 'data'>): RunSplit | undefined {
  const tags = new Map(data.tags.map(({ key, value }) => [key, value]))
  const told = tags.get(splitTag)
  if (told !== undefined) return parsed(told)
  if (!tags.has('fabrique.snapshot')) return undefined
  const params = new Map(data.params.map(({ key, value }) => [key, value]))
  const [kind, column] = (params.get('split') ?? '').split(/: (.*)/s)
  const test_share = Number(params.get('test_share'))
  const found = RunSplit.safeParse({
    target: params.get('target'),
    task: params.get('task'),
    seed: Number(params.get('seed')),
    split: kind === 'random' ? { kind, test_share } : { kind, column, test_share },
  })
  return found.success ? found.data : undefined
}

function parsed(text: string): RunSplit | undefined {
  try {
    return RunSplit.parse(JSON.parse(text))
  } catch {
    // Somebody changed the tag.
    return undefined
  }
}
