import { int32At } from '../data/element.js'

/** Key of the metadata of a file that says which input each feature of the estimator is made of. */
export const featuresKey = 'fabrique.features'

/** By feature the position of an input, as runs: `[[0,1],[1,12]]`. */
export function encodeFeatureSources(sources: Int32Array): string {
  const runs: [number, number][] = []
  for (let feature = 0; feature < sources.length; feature++) {
    const source = int32At(sources, feature)
    const last = runs.at(-1)
    if (last?.[0] === source) last[1] += 1
    else runs.push([source, 1])
  }
  return JSON.stringify(runs)
}

/**
 * The same back; null where the text is something else.
 * @param inputCount inputs of the file
 */
export function decodeFeatureSources(text: string, inputCount: number): Int32Array | null {
  const runs = parseRuns(text)
  if (runs === null) return null
  const sources: number[] = []
  for (const [source, count] of runs) {
    if (source < 0 || source >= inputCount || count < 1 || sources.length + count > featuresMax) return null
    for (let index = 0; index < count; index++) sources.push(source)
  }
  return Int32Array.from(sources)
}

/** A file may come from anywhere: what it claims is bounded. */
const featuresMax = 10_000_000

function parseRuns(text: string): readonly (readonly [number, number])[] | null {
  try {
    const parsed: unknown = JSON.parse(text)
    if (!Array.isArray(parsed)) return null
    return parsed.every(isRun) ? parsed : null
  } catch {
    return null
  }
}

function isRun(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger)
}
