import { assert } from '../../../kernel/index.js'
import type { OnlineValue, Step } from './model.js'

/** Steps as they are stored: `[[from, event, [values]], …]`, by their moments. */
export function encodeSteps(steps: readonly Step[]): string {
  return JSON.stringify(steps.map(({ fromUs, eventUs, values }) => [fromUs, eventUs, values]))
}

type StoredStep = readonly [number, number, readonly OnlineValue[]]

export function decodeSteps(text: string): readonly Step[] {
  return parseSteps(text).map(([fromUs, eventUs, values]) => ({ fromUs, eventUs, values }))
}

/** The step that holds at a moment: the last that began no later. */
export function stepAt(text: string, atUs: number): Step | undefined {
  const steps = parseSteps(text)
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const step = steps[index]
    assert(step !== undefined, 'A step of the row')
    if (step[0] <= atUs) return { fromUs: step[0], eventUs: step[1], values: step[2] }
  }
  return undefined
}

/** Only `encodeSteps`, and the SQL that gives the same, write them. */
function parseSteps(text: string): readonly StoredStep[] {
  return JSON.parse(text) as readonly StoredStep[]
}

/** A number as JSON can carry it. */
export function jsonNumber(value: number): OnlineValue {
  if (Number.isFinite(value)) return value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}
