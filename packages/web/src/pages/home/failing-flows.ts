import type { Flow } from '@fabrique/contract'

type Bar = Flow['bars'][number]
type ShownFlow = Pick<Flow, 'project' | 'name' | 'bars'>

export interface FailingFlow {
  readonly flow: ShownFlow
  readonly run: Bar
}

const isOver = ({ state: { type } }: Bar) =>
  type === 'COMPLETED' || type === 'FAILED' || type === 'CANCELLED' || type === 'CRASHED'

/** The flows whose newest run that is over failed or crashed, the newest first. Loops have panels of their own. */
export function failingFlows(flows: readonly ShownFlow[]): readonly FailingFlow[] {
  return flows
    .flatMap((flow) => {
      const run = flow.name === 'loop' ? undefined : flow.bars.findLast(isOver)
      return run?.state.type === 'FAILED' || run?.state.type === 'CRASHED' ? [{ flow, run }] : []
    })
    .toSorted((one, other) => Date.parse(other.run.scheduled_for) - Date.parse(one.run.scheduled_for))
}
