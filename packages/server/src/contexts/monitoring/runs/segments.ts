import { setImmediate as nextTurn } from 'node:timers/promises'
import type { MonitorDefinition, ReportSegment, ReportSegments } from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import {
  adjustedChances,
  changeOfLosses,
  figureOfLosses,
  isBetterHigh,
  lossesOfClasses,
  lossesOfNumbers,
  type RowLosses,
  type SegmentMetric,
} from '@fabrique/ml/monitoring'
import { labelsMin, usable } from './figures-of-classes.js'
import type { OpenedSides } from './open-sides.js'
import { rowsBehind, type ScoredTable } from './opened-side.js'
import { holdsClasses, readClasses, readNumbersOf, type ScoredClasses, type ScoredNumbers } from './read-scored.js'
import { sameClasses } from './same-classes.js'
import { figuresOfGroups } from './segment-figures.js'
import { type Group, type Grouping, groupRows } from './segment-groups.js'
import { describeSegment, tooFewRows, whyUnfit, whyUnfitBefore, withoutPredictions } from './segment-words.js'

type Told<Part> = Omit<Part, 'sentence' | 'title'> & { readonly sentence: Said }

/** What was found of all rows together. */
export type FoundWhole = Told<ReportSegments['whole']>
export type FoundSegment = Told<ReportSegment>

/** Performance by segment, with its sentences in both languages. */
export interface FoundSegments extends Omit<ReportSegments, 'whole' | 'segments' | 'columns'> {
  readonly whole: FoundWhole
  readonly segments: readonly FoundSegment[]
  readonly columns: readonly (Omit<ReportSegments['columns'][number], 'why_not'> & { readonly why_not?: Said })[]
}

type Asked = Pick<MonitorDefinition, 'segments' | 'segment_metric' | 'types' | 'level' | 'effect_min' | 'rows_min'>

/**
 * How the model does on the parts of the current rows, and in which it does worse than on the same part of the reference. A part alone is
 * tested by its own rows; of all that are called worse, at most the share `level` is expected to be so by chance. Undefined where nothing is
 * asked.
 */
export async function measureSegments(
  sides: OpenedSides,
  asked: Asked,
  signal: AbortSignal | undefined,
): Promise<FoundSegments | undefined> {
  if (asked.segments === undefined) return undefined
  const { scored } = sides.current
  if (scored === undefined || sides.current.told.rows === 0)
    return nothing(asked.segment_metric ?? 'accuracy', sides.current.told.rows)
  const parted = await groupRows(sides, asked, signal)
  const groupings = parted.flatMap((one) => ('groups' in one ? [one] : []))
  const rows = await readBoth(sides, scored, groupings)
  const metric = asked.segment_metric ?? (rows.now.kind === 'classes' ? 'accuracy' : 'mae')
  const { reference, current } = sides
  const [rowsBefore, rowsNow] = [rowsBehind(reference.told), rowsBehind(current.told)]
  const short =
    Math.min(rowsBefore, rowsNow) < asked.rows_min ? tooFewRows(rowsBefore, rowsNow, asked.rows_min) : undefined
  const judged = await judgeParts(rows, { metric, groupings, asked, short, signal })
  const columns = parted.map((one) => {
    if (!('groups' in one)) return { column: one.column, segments: 0, why_not: one.whyNot }
    const places = rows.codesNow.get(one) ?? new Int32Array(0)
    const left = places.reduce((sum, place) => sum + (place < 0 ? 1 : 0), 0)
    const segments = judged.segments.filter(({ column }) => column === one.column).length
    return { column: one.column, segments, ...(left === 0 ? {} : { left_out: { segments: one.others, rows: left } }) }
  })
  return { metric, ...judged, columns }
}

function nothing(metric: string, rows: number): FoundSegments {
  const whole: FoundWhole = {
    state: 'not_computed',
    rows,
    labelled: 0,
    reference_labelled: 0,
    now: null,
    before: null,
    falls: null,
    metrics: [],
    sentence: withoutPredictions,
  }
  return { metric, tested: 0, fallen: 0, whole, segments: [], columns: [] }
}

type Scored = ScoredClasses | ScoredNumbers

interface BothRead {
  readonly now: Scored
  readonly before: Scored | undefined
  readonly codesNow: ReadonlyMap<Grouping, Int32Array>
  readonly codesBefore: ReadonlyMap<Grouping, Int32Array>
}

/** Both sides with the places of their rows; classes have the same codes on both. */
async function readBoth(
  { reference }: OpenedSides,
  current: ScoredTable,
  groupings: readonly Grouping[],
): Promise<BothRead> {
  const isClasses = await holdsClasses(current)
  const earlier = groupings.filter((one) => one.reference !== undefined)
  const sqlBefore = earlier.flatMap((one) => one.reference ?? [])
  const sqlNow = groupings.map((one) => one.current)
  const read = async (table: ScoredTable, beside: readonly string[]): Promise<Scored> =>
    isClasses ? readClasses(table, [], beside) : readNumbersOf(table, beside)
  const now = await read(current, sqlNow)
  const before = reference.scored === undefined ? undefined : await read(reference.scored, sqlBefore)
  const codes = (of: readonly Grouping[], { others }: Scored) =>
    new Map(of.map((one, index) => [one, Int32Array.from(others[index] ?? [], Number)]))
  const both = now.kind === 'classes' && before?.kind === 'classes' ? sameClasses(now, before) : { now, before }
  return {
    ...both,
    codesNow: codes(groupings, now),
    codesBefore: before === undefined ? new Map() : codes(earlier, before),
  }
}

interface Judging {
  readonly metric: SegmentMetric
  readonly groupings: readonly Grouping[]
  readonly asked: Asked
  /** Why no part is decided: a side has too few rows. */
  readonly short: Said | undefined
  readonly signal: AbortSignal | undefined
}

/** One part of the rows before it is judged. */
interface Part {
  readonly column: string
  readonly group: Group
  readonly rows: number
  readonly now: RowLosses
  readonly before: RowLosses
  readonly metrics: ReportSegment['metrics']
}

async function judgeParts(
  rows: BothRead,
  { metric, groupings, asked, short, signal }: Judging,
): Promise<Pick<FoundSegments, 'whole' | 'segments' | 'tested' | 'fallen'>> {
  const why = whyUnfit(metric, rows.now)
  const whyNoReference = why === undefined ? whyUnfitBefore(metric, rows.before) : undefined
  const [now, before] = [
    why === undefined ? lossesOf(rows.now, metric) : undefined,
    why === undefined && whyNoReference === undefined && rows.before !== undefined
      ? lossesOf(rows.before, metric)
      : undefined,
  ]
  const whole: Part = {
    column: '',
    group: { segment: null },
    rows: rows.now.truth.length,
    now: (now ?? nobody).filter(isKnown),
    before: (before ?? nobody).filter(isKnown),
    metrics: [],
  }
  const all = [{ part: whole, state: stateOf(whole) }]
  for (const grouping of groupings) {
    // A run that is cancelled ends between two columns.
    await nextTurn()
    signal?.throwIfAborted()
    for (const part of partsOf(grouping, rows, { now, before })) all.push({ part, state: stateOf(part) })
  }
  const tested = all.map(({ part, state }) => (state === 'tested' ? changeOfLosses(part.before, part.now) : undefined))
  const chances = adjustedChances(tested.flatMap((change) => change?.pValue ?? []))
  let place = 0
  const judged = all.map(({ part, state }, index): FoundSegment => {
    const change = tested[index]
    const adjusted = change === undefined ? undefined : chances[place++]
    const counted = {
      state,
      labelled: part.now.length,
      reference_labelled: part.before.length,
      now: figure(metric, part.now),
      before: figure(metric, part.before),
    }
    const falls =
      change === undefined || adjusted === undefined
        ? null
        : adjusted <= asked.level && change.effect > 0 && change.effect >= asked.effect_min
    const found = {
      ...counted,
      ...(change === undefined || adjusted === undefined
        ? {}
        : {
            p_value: change.pValue,
            adjusted_p_value: adjusted,
            ...(Number.isFinite(change.effect) ? { effect: change.effect } : {}),
          }),
      falls,
    }
    return {
      column: part.column,
      ...part.group,
      rows: part.rows,
      ...found,
      metrics: part.metrics,
      sentence: describeSegment({
        ...found,
        metric,
        why: why ?? short,
        whyNoReference,
        level: asked.level,
        effectMin: asked.effect_min,
      }),
    }
  })
  const [first, ...segments] = judged
  if (first === undefined) throw new Error('The whole is always judged')
  const { column: _, segment: __, ...told } = first
  return {
    whole: told,
    segments: worstFirst(segments, metric),
    tested: judged.filter(({ state }) => state === 'tested').length,
    fallen: segments.filter(({ falls }) => falls === true).length,
  }

  function stateOf({ now: own, before: earlier }: Part): ReportSegment['state'] {
    if (why !== undefined) return 'not_computed'
    if (short !== undefined || own.length < labelsMin) return 'not_enough_data'
    if (before === undefined) return 'no_reference'
    return earlier.length < labelsMin ? 'not_enough_data' : 'tested'
  }
}

const nobody = new Float64Array(0)
const isKnown = (loss: number) => !Number.isNaN(loss)

function lossesOf(rows: Scored, metric: SegmentMetric): RowLosses {
  return rows.kind === 'classes'
    ? lossesOfClasses({ ...rows, probabilities: usable(rows.probabilities) }, metric)
    : lossesOfNumbers(rows.truth, rows.predicted, metric)
}

const figure = (metric: SegmentMetric, losses: RowLosses): number | null =>
  losses.length < labelsMin ? null : figureOfLosses(metric, losses.reduce((sum, loss) => sum + loss, 0) / losses.length)

interface Losses {
  readonly now: RowLosses | undefined
  readonly before: RowLosses | undefined
}

/** The groups that have a row on either side. */
function partsOf(grouping: Grouping, rows: BothRead, { now, before }: Losses): readonly Part[] {
  const { column, groups } = grouping
  const [placesNow, placesBefore] = [rows.codesNow.get(grouping) ?? new Int32Array(0), rows.codesBefore.get(grouping)]
  const counts = new Float64Array(groups.length)
  for (const place of placesNow) if (place >= 0) counts[place] = (counts[place] ?? 0) + 1
  const lossesNow = partition(now, placesNow, groups.length)
  const lossesBefore = partition(before, placesBefore, groups.length)
  const metrics = figuresOfGroups(rows.now, placesNow, groups.length)
  return groups.flatMap((group, place): Part[] => {
    const [own, earlier] = [lossesNow[place] ?? nobody, lossesBefore[place] ?? nobody]
    const count = counts[place] ?? 0
    if (count === 0 && earlier.length === 0) return []
    return [{ column, group, rows: count, now: own, before: earlier, metrics: metrics[place] ?? [] }]
  })
}

/** The known losses of each group. */
function partition(losses: RowLosses | undefined, places: Int32Array | undefined, count: number): readonly RowLosses[] {
  const parts = Array.from({ length: count }, (): number[] => [])
  if (losses === undefined || places === undefined) return []
  for (const [row, place] of places.entries()) {
    const loss = losses[row] ?? Number.NaN
    if (place >= 0 && isKnown(loss)) parts[place]?.push(loss)
  }
  return parts.map((part) => Float64Array.from(part))
}

/** What falls, then what was tested by how much worse it is, then the others from the worst figure on. */
function worstFirst(segments: readonly FoundSegment[], metric: SegmentMetric): readonly FoundSegment[] {
  const rank = ({ falls, state }: FoundSegment) => (falls === true ? 0 : state === 'tested' ? 1 : 2)
  const worse = isBetterHigh(metric) ? -1 : 1
  const size = ({ now, before, state }: FoundSegment) => {
    if (now === null) return Number.NEGATIVE_INFINITY
    return worse * (state === 'tested' ? now - (before ?? now) : now)
  }
  const by = (a: number, b: number) => (a === b ? 0 : b - a)
  return [...segments].sort((a, b) => rank(a) - rank(b) || by(size(a), size(b)))
}
