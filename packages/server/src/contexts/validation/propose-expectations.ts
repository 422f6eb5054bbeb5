import type { ColumnProfile, Expectation, Json, Language, Profile, Severity, SnapshotColumn } from '@fabrique/contract'
import { type ProposalTexts, proposalTexts } from './proposal-texts.js'

/** What a suite is proposed from. */
export interface ProposalBasis {
  readonly profile: Profile
  readonly columns: readonly SnapshotColumn[]
  readonly key: readonly string[]
  /** Columns whose values are declared, and so checked when the data is read. */
  readonly enforced: ReadonlySet<string>
  /** Rows of the newest snapshots of the data set, this one included. */
  readonly rowCounts: readonly number[]
  /** Column with the moment of a row, where one is declared. */
  readonly time?: string | undefined
  readonly now: Date
  readonly language: Language
}

export interface ProposedExpectation {
  readonly expectation: Expectation
  readonly why: string
}

/** Rows below which what was seen says too little about what will come. */
const fewRows = 20
/** Rows from which a mean is steady enough to be watched. */
const manyRows = 100
const setMax = 10

interface Proposing extends ProposalBasis {
  readonly texts: ProposalTexts
  readonly show: (value: number) => string
  readonly items: ProposedExpectation[]
}

/**
 * Expectations that fit a snapshot without fitting it too closely: ranges have a margin, sets are proposed where few values come often,
 * and what is only seen here warns rather than blocks. Nothing is proposed of columns without values.
 */
export function proposeExpectations(basis: ProposalBasis): readonly ProposedExpectation[] {
  const format = new Intl.NumberFormat(basis.language, { maximumSignificantDigits: 6 })
  const proposing: Proposing = {
    ...basis,
    texts: proposalTexts(basis.language),
    show: (value) => format.format(value),
    items: [],
  }
  proposeTable(proposing)
  for (const column of basis.columns) {
    const profile = basis.profile.columns.find(({ name }) => name === column.name)
    if (profile !== undefined) proposeColumn(proposing, column, profile)
  }
  return proposing.items
}

function add(
  { items }: Proposing,
  why: string,
  type: string,
  kwargs: Readonly<Record<string, Json>>,
  severity: Severity = 'warning',
): void {
  items.push({ expectation: { type, kwargs: { ...kwargs }, severity }, why })
}

function proposeTable(proposing: Proposing): void {
  const { columns, key, profile, rowCounts, show, texts } = proposing
  const names = columns.map(({ name }) => name)
  const set = { column_set: names, exact_match: false }
  add(proposing, texts.columns(show(names.length)), 'expect_table_columns_to_match_set', set, 'critical')
  if (profile.row_count > 0) {
    const counts = rowCounts.length >= 3 ? rowCounts : [profile.row_count]
    const [least, most] = [Math.min(...counts, profile.row_count), Math.max(...counts, profile.row_count)]
    const why =
      rowCounts.length >= 3
        ? texts.rowsFromHistory(show(counts.length), show(least), show(most))
        : texts.rowsOnce(show(profile.row_count))
    const bounds = {
      min_value: Math.max(1, Math.floor(least / 2)),
      max_value: rowCounts.length >= 3 ? Math.ceil(most * 1.5) : most * 2,
    }
    add(proposing, why, 'expect_table_row_count_to_be_between', bounds)
  }
  if (key.length > 1)
    add(proposing, texts.key, 'expect_compound_columns_to_be_unique', { column_list: [...key] }, 'critical')
}

function proposeColumn(proposing: Proposing, column: SnapshotColumn, profile: ColumnProfile): void {
  if (profile.count === 0) return
  proposeMissing(proposing, column, profile)
  const isKey = proposeUnique(proposing, profile)
  switch (column.type) {
    case 'number':
    case 'integer':
      if (!isKey && !proposing.enforced.has(column.name)) proposeNumbers(proposing, column, profile)
      break
    case 'date':
    case 'timestamp':
      proposeMoments(proposing, profile)
      break
    case 'text':
    case 'category':
      if (!isKey && !proposing.enforced.has(column.name)) proposeTexts(proposing, profile)
      break
    case 'boolean':
      break
  }
}

function proposeMissing(proposing: Proposing, column: SnapshotColumn, { name, missing }: ColumnProfile): void {
  const { texts, show, key, profile } = proposing
  const rows = profile.row_count
  const type = 'expect_column_values_to_not_be_null'
  if (missing === 0) {
    if (key.includes(name)) add(proposing, texts.keyNotNull, type, { column: name }, 'critical')
    else if (column.declared && !column.nullable)
      add(proposing, texts.declaredNotNull, type, { column: name }, 'critical')
    else if (rows >= fewRows) add(proposing, texts.neverMissing(show(rows)), type, { column: name })
    return
  }
  const share = missing / rows
  if (rows < fewRows || share > 0.2) return
  const mostly = Math.floor((1 - 2 * share) * 100) / 100
  add(proposing, texts.seldomMissing(show(missing), show(rows)), type, { column: name, mostly })
}

/** Proposes that a column is unique; true for one that names rows. */
function proposeUnique(
  proposing: Proposing,
  { name, type, count, distinct, distinct_is_exact }: ColumnProfile,
): boolean {
  const { key, texts, show } = proposing
  const unique = 'expect_column_values_to_be_unique'
  if (key.length === 1 && key[0] === name) {
    add(proposing, texts.key, unique, { column: name }, 'critical')
    return true
  }
  const isNamedSo = /(?:^|[_-])(?:id|key|uuid|guid|ean|isbn|siren|siret)$/i.test(name) || /[a-z](?:Id|Key)$/.test(name)
  const differs = distinct_is_exact && distinct === count && count >= fewRows
  if (differs && isNamedSo && type !== 'number' && !key.includes(name)) {
    add(proposing, texts.looksLikeKey(show(count)), unique, { column: name })
    return true
  }
  return isNamedSo || key.includes(name)
}

function proposeNumbers(proposing: Proposing, column: SnapshotColumn, profile: ColumnProfile): void {
  const { texts, show } = proposing
  const { name, min, max, count } = profile
  const [least, most] = [Number(min), Number(max)]
  if (min === undefined || !Number.isFinite(least) || !Number.isFinite(most) || count < fewRows || least === most)
    return
  const between = 'expect_column_values_to_be_between'
  if (column.type === 'number' && least >= 0 && most <= 1) {
    add(proposing, texts.share(show(0), show(1)), between, { column: name, min_value: 0, max_value: 1 })
  } else {
    const margin = (most - least) / 4
    const max_value = roundOut(most + margin, margin, Math.ceil)
    const isNotNegative = least >= 0
    const min_value = isNotNegative && least - margin < 0 ? 0 : roundOut(least - margin, margin, Math.floor)
    const why = isNotNegative && min_value === 0 ? texts.rangeNotNegative : texts.range
    add(proposing, why(show(least), show(most)), between, { column: name, min_value, max_value })
  }
  const { mean, std } = profile
  if (mean === undefined || std === undefined || !Number.isFinite(std) || std === 0 || count < manyRows) return
  const bounds = {
    min_value: roundOut(mean - std / 2, std / 2, Math.floor),
    max_value: roundOut(mean + std / 2, std / 2, Math.ceil),
  }
  add(proposing, texts.mean(show(mean)), 'expect_column_mean_to_be_between', { column: name, ...bounds }, 'info')
}

/** Rounds away from the data, to a tenth of the margin in the decimal system, so that bounds are short numbers. */
function roundOut(value: number, margin: number, round: (value: number) => number): number {
  const digits = Math.max(-300, Math.min(300, Math.floor(Math.log10(margin)) - 1))
  if (digits >= 0) return round(value / 10 ** digits) * 10 ** digits
  return round(value * 10 ** -digits) / 10 ** -digits
}

function proposeTexts(proposing: Proposing, profile: ColumnProfile): void {
  const { texts, show } = proposing
  const { name, count, distinct, distinct_is_exact, top, length } = profile
  if (count < fewRows) return
  if (distinct_is_exact && distinct <= setMax && distinct === top?.length && count >= 10 * distinct) {
    const value_set = top.map(({ value }) => value)
    // The share of rows whose value comes once is about that of values never seen (Good and Turing).
    const once = top.filter((value) => value.count === 1).length
    const type = 'expect_column_values_to_be_in_set'
    if (once === 0) add(proposing, texts.set(show(distinct), show(count)), type, { column: name, value_set })
    else {
      const mostly = Math.floor((1 - Math.max(0.01, (2 * once) / count)) * 100) / 100
      add(proposing, texts.setMostly(show(distinct), show(count)), type, { column: name, value_set, mostly })
    }
    return
  }
  if (length === undefined) return
  if (length.min === length.max) {
    if (count < manyRows) return
    const why = texts.sameLength(show(length.max), show(count))
    add(proposing, why, 'expect_column_value_lengths_to_equal', { column: name, value: length.max })
    return
  }
  const bounds = { min_value: Math.floor(length.min / 2), max_value: length.max * 2 }
  const why = texts.length(show(length.min), show(length.max))
  add(proposing, why, 'expect_column_value_lengths_to_be_between', { column: name, ...bounds })
}

const dayMs = 86_400_000

function proposeMoments(proposing: Proposing, { name, min, max, count }: ColumnProfile): void {
  const { texts, show, time, now } = proposing
  if (count < fewRows || typeof min !== 'string' || typeof max !== 'string') return
  const [first, last] = [momentOf(min), momentOf(max)]
  if (Number.isNaN(first) || Number.isNaN(last)) return
  const earliest = new Date(first - Math.max(last - first, 365 * dayMs))
  // Beyond what JavaScript knows as a date there is nothing to say.
  if (!Number.isNaN(earliest.getTime()) && earliest.getUTCFullYear() > 0) {
    const kwargs = { column: name, min_value: earliest.toISOString().slice(0, 10) }
    add(proposing, texts.earliest(min.slice(0, 10)), 'expect_column_values_to_be_between', kwargs)
  }
  if (last > now.getTime()) return
  const query = `select * from {batch} where cast("${name.replaceAll('"', '""')}" as date) > current_date`
  add(proposing, texts.notInFuture(max.slice(0, 10)), 'unexpected_rows_expectation', { unexpected_rows_query: query })
  const ageDays = Math.ceil((now.getTime() - last) / dayMs)
  if (time !== name || ageDays > 365) return
  const why = texts.fresh(max.slice(0, 10), show(ageDays))
  add(proposing, why, 'expect_column_max_to_be_recent', { column: name, max_age: `${2 * ageDays + 1}d` })
}

/** A date or a moment as DuckDB and JSON write it, in UTC where no zone is named. */
function momentOf(text: string): number {
  const iso = text.trim().replace(' ', 'T')
  return Date.parse(/T.*(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`)
}
