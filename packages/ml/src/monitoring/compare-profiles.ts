import { itemAt } from '../data/element.js'
import type { TableColumnKind } from '../data/table.js'
import { chanceBeyondRange, chanceOfGrowth, chanceOfUnseen } from './chance-of-news.js'
import type { ColumnProfile, ValueCount } from './profile-column.js'
import { profileCategoriesMax } from './profile-column.js'

/**
 * Something about a column that is not as in the reference. A `note` is told; an `issue` is more than chance and more than a trifle,
 * or breaks who reads the column.
 */
export type ColumnFinding = { readonly severity: 'note' | 'issue' } & (
  | { readonly code: 'column_missing' | 'column_added' }
  | { readonly code: 'kind_changed'; readonly was: TableColumnKind; readonly now: TableColumnKind }
  /** Whole numbers that have become fractions. */
  | { readonly code: 'fractions_new' }
  | { readonly code: 'all_missing' }
  /** The shares of rows, and the chance of so many when nothing has changed. */
  | { readonly code: 'missing_more'; readonly was: number; readonly now: number; readonly chance: number }
  | { readonly code: 'infinite_new'; readonly rows: number }
  | { readonly code: 'constant_new'; readonly rows: number }
  | {
      readonly code: 'out_of_range'
      readonly below: number
      readonly above: number
      readonly min: number
      readonly max: number
      readonly chance: number
    }
  | {
      readonly code: 'categories_new'
      /** The commonest of them. */
      readonly categories: readonly ValueCount[]
      readonly categoryCount: number
      readonly rows: number
      readonly chance: number
    }
  /** Common categories of the reference that no row has. */
  | { readonly code: 'categories_gone'; readonly categories: readonly string[]; readonly chance: number }
  /** One of both has more categories than a profile keeps: new ones cannot be told. */
  | { readonly code: 'categories_uncounted'; readonly distinctCount: number }
)

export type ColumnState = 'ok' | 'issue' | 'not_enough_data'

/** What has become of a column: of its own count, and of what was found. */
export interface ColumnQuality {
  readonly name: string
  /** `not_enough_data` where a side has fewer rows than are needed and nothing is wrong for sure. */
  readonly state: ColumnState
  readonly findings: readonly ColumnFinding[]
  /** Null of a column that only one side has. */
  readonly reference: ColumnProfile | null
  readonly current: ColumnProfile | null
}

export interface QualityOptions {
  /** Findings that are likelier than this by chance are notes; 0.001 by default. */
  readonly chanceMax?: number
  /** Rows out of range, of new categories or newly missing that are no issue, as a share of all; 0.001 by default. */
  readonly shareMin?: number
  /** Rows that either side needs; 30 by default. */
  readonly rowsMin?: number
}

/** Categories that a finding lists. */
export const findingCategoriesMax = 20

interface Limits {
  readonly chanceMax: number
  readonly shareMin: number
  readonly rowsMin: number
}

/**
 * Compares columns with those of a reference, matched by name. A profile is enough for all but the values out of range, which the profile
 * counts itself when it is made with `countOutside`.
 * @param outside values below and above the reference's range, by column; without, only the ends of the range are compared
 */
export function compareProfiles(
  reference: readonly ColumnProfile[],
  current: readonly ColumnProfile[],
  options: QualityOptions & { readonly outside?: ReadonlyMap<string, OutsideCount> } = {},
): ColumnQuality[] {
  const limits = {
    chanceMax: options.chanceMax ?? 0.001,
    shareMin: options.shareMin ?? 0.001,
    rowsMin: options.rowsMin ?? 30,
  }
  const nowOf = new Map(current.map((column) => [column.name, column]))
  const known = new Set(reference.map(({ name }) => name))
  const compared = reference.map((was): ColumnQuality => {
    const now = nowOf.get(was.name)
    if (now === undefined) return alone(was, null)
    return judge(was, now, { limits, outside: options.outside?.get(was.name) })
  })
  return [...compared, ...current.filter(({ name }) => !known.has(name)).map((now) => alone(null, now))]
}

/** Values of a column outside a range. */
export interface OutsideCount {
  readonly below: number
  readonly above: number
}

/** Counts the values below and above a range; missing values are in no side, infinite ones are. */
export function countOutside(
  values: Float32Array | Float64Array,
  { min, max }: { readonly min: number; readonly max: number },
): OutsideCount {
  let [below, above] = [0, 0]
  for (let row = 0; row < values.length; row++) {
    const value = itemAt(values, row)
    if (value < min) below++
    else if (value > max) above++
  }
  return { below, above }
}

function alone(reference: ColumnProfile | null, current: ColumnProfile | null): ColumnQuality {
  const finding: ColumnFinding =
    current === null ? { code: 'column_missing', severity: 'issue' } : { code: 'column_added', severity: 'note' }
  const state = current === null ? 'issue' : 'ok'
  return { name: (reference ?? current)?.name ?? '', state, findings: [finding], reference, current }
}

function judge(
  reference: ColumnProfile,
  current: ColumnProfile,
  { limits, outside }: { readonly limits: Limits; readonly outside: OutsideCount | undefined },
): ColumnQuality {
  const findings =
    reference.kind === current.kind
      ? [
          ...missingFindings(reference, current, limits),
          ...constantFindings(reference, current, limits),
          ...numberFindings(reference, current, { limits, outside }),
          ...categoryFindings(reference, current, limits),
        ]
      : kindFindings(reference, current)
  const isShort = Math.min(reference.rowCount, current.rowCount) < limits.rowsMin
  const isWrong = findings.some(({ severity }) => severity === 'issue')
  return {
    name: reference.name,
    state: isWrong ? 'issue' : isShort ? 'not_enough_data' : 'ok',
    findings,
    reference,
    current,
  }
}

/** A column without a value has no kind of its own: files give it any. */
function kindFindings(reference: ColumnProfile, current: ColumnProfile): ColumnFinding[] {
  const isEmpty = (column: ColumnProfile) => column.missingCount === column.rowCount
  if (isEmpty(current))
    return isEmpty(reference) || current.rowCount === 0 ? [] : [{ code: 'all_missing', severity: 'issue' }]
  if (isEmpty(reference)) return []
  return [{ code: 'kind_changed', severity: 'issue', was: reference.kind, now: current.kind }]
}

function missingFindings(reference: ColumnProfile, current: ColumnProfile, limits: Limits): ColumnFinding[] {
  if (current.rowCount === 0 || current.missingCount === 0) return []
  if (current.missingCount === current.rowCount) {
    if (reference.missingCount === reference.rowCount) return []
    return [{ code: 'all_missing', severity: 'issue' }]
  }
  const was = reference.rowCount === 0 ? 0 : reference.missingCount / reference.rowCount
  const now = current.missingCount / current.rowCount
  if (now <= was) return []
  const chance = chanceOfGrowth(
    { hits: current.missingCount, rows: current.rowCount },
    { hits: reference.missingCount, rows: reference.rowCount },
  )
  return [{ code: 'missing_more', severity: severityOf(chance, now - was, limits), was, now, chance }]
}

function constantFindings(reference: ColumnProfile, current: ColumnProfile, limits: Limits): ColumnFinding[] {
  if (current.distinctCount !== 1 || reference.distinctCount < 2) return []
  const rows = current.rowCount - current.missingCount
  // A reference where nearly every row is of one value makes a constant window no surprise.
  const share = reference.commonestCount / (reference.rowCount - reference.missingCount)
  const isChance = rows < limits.rowsMin || share ** rows > limits.chanceMax
  return [{ code: 'constant_new', severity: isChance ? 'note' : 'issue', rows }]
}

function numberFindings(
  reference: ColumnProfile,
  current: ColumnProfile,
  { limits, outside }: { readonly limits: Limits; readonly outside: OutsideCount | undefined },
): ColumnFinding[] {
  const findings: ColumnFinding[] = []
  if (current.infiniteCount > 0 && reference.infiniteCount === 0) {
    findings.push({ code: 'infinite_new', severity: 'issue', rows: current.infiniteCount })
  }
  const [was, now] = [reference.numbers, current.numbers]
  if (was === null || now === null) return findings
  if (was.isWhole && !now.isWhole && reference.kind === 'number') {
    findings.push({ code: 'fractions_new', severity: 'issue' })
  }
  const { below, above } = outside ?? { below: now.min < was.min ? 1 : 0, above: now.max > was.max ? 1 : 0 }
  if (below + above === 0) return findings
  const count = current.rowCount - current.missingCount
  const earlier = reference.rowCount - reference.missingCount - reference.infiniteCount
  const chance = chanceBeyondRange(below + above, earlier, count)
  // Time goes on: values after those of the reference are what is expected of one.
  const severity = reference.kind === 'time' ? 'note' : severityOf(chance, (below + above) / count, limits)
  findings.push({ code: 'out_of_range', severity, below, above, min: was.min, max: was.max, chance })
  return findings
}

function categoryFindings(reference: ColumnProfile, current: ColumnProfile, limits: Limits): ColumnFinding[] {
  if (reference.categories === null || current.categories === null) return []
  const distinctCount = Math.max(reference.distinctCount, current.distinctCount)
  if (distinctCount > profileCategoriesMax) return [{ code: 'categories_uncounted', severity: 'note', distinctCount }]
  return [...newCategories(reference, current, limits), ...goneCategories(reference, current, limits)]
}

function newCategories(reference: ColumnProfile, current: ColumnProfile, limits: Limits): ColumnFinding[] {
  const earlier = reference.rowCount - reference.missingCount
  const known = new Set(reference.categories?.map(({ value }) => value))
  const found = current.categories?.filter(({ value }) => !known.has(value)) ?? []
  if (found.length === 0 || earlier === 0) return []
  const rows = found.reduce((sum, { count }) => sum + count, 0)
  const of = current.rowCount - current.missingCount
  const unseen = chanceOfUnseen(
    rows,
    { rows: earlier, singles: reference.singleCount, doubles: reference.doubleCount },
    of,
  )
  // The commonest of them alone, held against the number of categories that could have been it (Bonferroni).
  const commonest = chanceOfGrowth({ hits: found[0]?.count ?? 0, rows: of }, { hits: 0, rows: earlier })
  const chance = Math.min(1, 2 * Math.min(unseen, commonest * (reference.distinctCount + found.length)))
  return [
    {
      code: 'categories_new',
      severity: severityOf(chance, rows / of, limits),
      categories: found.slice(0, findingCategoriesMax),
      categoryCount: found.length,
      rows,
      chance,
    },
  ]
}

function goneCategories(reference: ColumnProfile, current: ColumnProfile, limits: Limits): ColumnFinding[] {
  const earlier = reference.rowCount - reference.missingCount
  const rows = current.rowCount - current.missingCount
  if (rows === 0) return []
  const known = new Set(current.categories?.map(({ value }) => value))
  const gone = reference.categories?.filter(({ value }) => !known.has(value)) ?? []
  // The chance that no row has a category is that of growth from none, seen from the other side.
  const chances = gone.map(({ value, count }) => ({
    value,
    chance: chanceOfGrowth({ hits: count, rows: earlier }, { hits: 0, rows }),
  }))
  // One of many is gone by chance more easily: the chance is held against their number (Bonferroni).
  const unlikely = chances.filter(({ chance }) => chance * reference.distinctCount <= limits.chanceMax)
  if (unlikely.length === 0) return []
  const categories = unlikely.slice(0, findingCategoriesMax).map(({ value }) => value)
  return [{ code: 'categories_gone', severity: 'issue', categories, chance: itemAt(unlikely, 0).chance }]
}

function severityOf(chance: number, share: number, limits: Limits): 'note' | 'issue' {
  return chance <= limits.chanceMax && share >= limits.shareMin ? 'issue' : 'note'
}
