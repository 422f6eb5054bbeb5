import type { MonitorAction } from './actions.js'
import { type MonitorCheck, qualityMetrics } from './checks.js'
import type { MonitorEmbeddings } from './embeddings.js'
import type { MonitorSegment } from './segments.js'
import type { MonitorCurrent, MonitorReference } from './sides.js'

export interface Watched {
  readonly model?: string | undefined
  readonly reference: MonitorReference
  readonly current: MonitorCurrent
  readonly checks: readonly MonitorCheck[]
  readonly actions: readonly MonitorAction[]
  readonly segments?: readonly MonitorSegment[] | undefined
  readonly segment_metric?: string | undefined
  readonly target?: string | undefined
  readonly prediction?: string | undefined
  readonly columns?: readonly string[] | undefined
  readonly embeddings?: MonitorEmbeddings | undefined
}

/** What does not go together, as path and message. */
export function monitorContradictions(given: Watched): readonly { readonly path: string; readonly message: string }[] {
  const found: { path: string; message: string }[] = []
  const needsModel = (path: string, why: string) => {
    if (given.model === undefined) found.push({ path, message: `${why} needs a model` })
  }
  if (given.current.kind === 'predictions') needsModel('current', 'a window of predictions')
  if (given.reference.kind === 'training') needsModel('reference', 'the training set as reference')
  if (given.reference.kind === 'window' && given.current.kind !== 'predictions')
    found.push({ path: 'reference', message: 'a past window goes with predictions as current rows' })
  for (const [index, { do: what }] of given.actions.entries())
    if (what === 'block_promotion' || what === 'roll_back') needsModel(`actions.${index}`, `the action ${what}`)
  for (const [index, check] of given.checks.entries()) {
    const known: readonly string[] = qualityMetrics
    if (check.kind === 'quality' && !known.includes(check.metric))
      found.push({ path: `checks.${index}.metric`, message: `must be one of ${known.join(', ')}` })
    if (check.kind !== 'quality' && check.column !== undefined)
      found.push({ path: `checks.${index}.column`, message: 'goes with checks of quality only' })
  }
  return [...found, ...segmentContradictions(given), ...embeddingContradictions(given)]
}

const columnOf = (segment: MonitorSegment): string => (typeof segment === 'string' ? segment : segment.column)

function segmentContradictions({ segments, segment_metric, current, target, prediction }: Watched) {
  const found: { path: string; message: string }[] = []
  const columns = (segments ?? []).map(columnOf)
  if (segments === undefined && segment_metric !== undefined)
    found.push({ path: 'segment_metric', message: 'goes with segments' })
  if (segments !== undefined && current.kind === 'snapshot' && (target === undefined || prediction === undefined))
    found.push({ path: 'segments', message: 'of a snapshot need its columns target and prediction' })
  for (const [index, column] of columns.entries())
    if (columns.indexOf(column) < index) found.push({ path: `segments.${index}`, message: 'is there twice' })
  return found
}

/** What patterns mean is known with the rows; what is named is known here. */
function embeddingContradictions({ embeddings = {}, columns = [] }: Watched) {
  const found: { path: string; message: string }[] = []
  const owners = new Map<string, string>()
  for (const [name, of] of Object.entries(embeddings)) {
    const path = `embeddings.${name}`
    if (columns.includes(name)) found.push({ path, message: 'has the name of a column that is compared' })
    for (const column of typeof of === 'string' ? [of] : new Set(of)) {
      const owner = owners.get(column)
      if (owner === undefined) owners.set(column, name)
      else found.push({ path, message: `${column} is part of ${owner} as well; a column belongs to one embedding` })
    }
  }
  return found
}
