import {
  assembleReport,
  type CategoryCounts,
  type ColumnDrift,
  type ColumnPair,
  compareColumn,
  compareEmbedding,
  type DriftFamily,
  type DriftKind,
  type DriftReport,
  type DriftSettings,
  type NumberSample,
  type SharedDistribution,
  sharedDistribution,
  type Untested,
  untestedColumn,
} from '@fabrique/ml/drift'
import { limit } from '../../../kernel/index.js'
import type { Embedding } from './embeddings.js'
import type { ReadLabels, Side, SideColumn } from './side.js'

export interface CompareInput {
  readonly reference: Side
  readonly current: Side
  readonly settings: DriftSettings
  readonly types: ReadonlyMap<string, DriftKind>
  readonly methods: ReadonlyMap<string, string>
  /** Of methods without a distribution of their own, in the mode of Evidently. */
  readonly thresholds?: ReadonlyMap<string, number>
  /** Those that are compared; all without, but for columns of embeddings. One that neither side has is `missing_column`. */
  readonly only?: readonly string[]
  /** Columns that are one vector. */
  readonly embeddings?: readonly Embedding[]
  readonly shareMin?: number
  readonly onColumn?: (name: string, done: number, total: number) => void
  readonly signal?: AbortSignal
}

export interface ComparedTables {
  readonly report: DriftReport
  /** Of the first columns, as many as a page draws. */
  readonly distributions: ReadonlyMap<string, SharedDistribution>
}

/** Values of both sides that are held at once, and as many that are read meanwhile. */
const valuesAtOnce = 4_000_000
/** Columns of one statement: of ten thousand, the engine takes sixteen times as long as of a thousand. */
const columnsAtOnce = 1000
/** Labels of a side that are held at once. */
const labelsAtOnce = 400_000
/** Each column adds a part to the statement that reads labels. */
const labelledAtOnce = 50
/** Whole numbers of up to so many values are labels to Evidently. */
const labelsOfIntegersMax = 10

interface Planned {
  readonly name: string
  readonly reference: SideColumn
  readonly current: SideColumn
}

/**
 * Compares two tables column by column: those of the reference in their order, then new ones, then embeddings. Who calls has seen to it that no
 * embedding is called as a column.
 */
export async function compareTables(input: CompareInput): Promise<ComparedTables> {
  const { reference, current, settings, signal, embeddings = [] } = input
  const parts = new Set(embeddings.flatMap(({ columns }) => columns))
  const all = [...reference.columns.keys(), ...current.columns.keys()].filter((name) => !parts.has(name))
  const names = [...new Set(input.only ?? all)]
  const total = names.length + embeddings.length
  const found = new Map<string, ColumnDrift>()
  const distributions = new Map<string, SharedDistribution>()
  const planned: Planned[] = []
  for (const name of names) {
    const [one, other] = [reference.columns.get(name), current.columns.get(name)]
    const why = one === undefined || other === undefined ? undefined : refusalOf(one, other, input)
    if (one !== undefined && other !== undefined && why === undefined)
      planned.push({ name, reference: one, current: other })
    else found.set(name, refuse(name, input, why ?? { state: 'missing_column', side: missingSide(one, other) }))
  }
  const compare = async (name: string, pair: ColumnPair | Untested) => {
    input.onColumn?.(name, found.size, total)
    if ('state' in pair) {
      found.set(name, refuse(name, input, pair))
      return
    }
    const method = input.methods.get(name)
    const threshold = input.thresholds?.get(name)
    const column = {
      name,
      pair,
      ...(method === undefined ? {} : { method }),
      ...(threshold === undefined ? {} : { threshold }),
    }
    found.set(name, await compareColumn(column, settings, signal))
    const drawn = distributions.size < limit('monitoring.drawn_columns_max') ? sharedDistribution(pair) : undefined
    if (drawn !== undefined) distributions.set(name, drawn)
  }
  const isNumber = (column: Planned) => numberLike(column, input)
  const width = Math.max(
    1,
    Math.min(columnsAtOnce, Math.floor(valuesAtOnce / Math.max(1, reference.rowCount + current.rowCount))),
  )
  const numbers = planned.filter(isNumber)
  // One after the other: both may be of one connection.
  const read = async (columns: readonly Planned[]) =>
    [
      await reference.numbers(columns.map((column) => column.reference)),
      await current.numbers(columns.map((column) => column.current)),
    ] as const
  await readAhead(groupsOf(numbers, width), read, async (batch, [a, b]) => {
    signal?.throwIfAborted()
    for (const [index, column] of batch.entries()) {
      const [one, other] = [a[index], b[index]]
      if (one !== undefined && other !== undefined) await compare(column.name, numberPair(column, one, other, input))
    }
  })
  const labelsMax = Math.min(limit('monitoring.labels_max'), Math.max(1, reference.rowCount, current.rowCount))
  const words = planned.filter((column) => !isNumber(column))
  for (const group of groupsOf(words, Math.min(labelledAtOnce, Math.ceil(labelsAtOnce / labelsMax)))) {
    signal?.throwIfAborted()
    const labels = await readLabels(group, input)
    for (const column of group) {
      signal?.throwIfAborted()
      await compare(column.name, await wordPair(column, labels.get(column), input))
    }
  }
  for (const embedding of embeddings) {
    signal?.throwIfAborted()
    input.onColumn?.(embedding.name, found.size, total)
    found.set(embedding.name, await compareVectors(embedding, input))
  }
  const columns = [...names, ...embeddings.map(({ name }) => name)].flatMap((name) => found.get(name) ?? [])
  const { shareMin } = input
  const rows = { referenceRows: reference.rowCount, currentRows: current.rowCount }
  return {
    report: assembleReport({ columns, ...rows, ...(shareMin === undefined ? {} : { shareMin }) }, settings),
    distributions,
  }
}

function missingSide(reference: SideColumn | undefined, current: SideColumn | undefined) {
  if (reference === undefined && current === undefined) return 'both'
  return reference === undefined ? 'reference' : 'current'
}

async function compareVectors(embedding: Embedding, input: CompareInput): Promise<ColumnDrift> {
  const { name, source, why } = embedding
  const refused = (reason: Untested) => {
    const { filled, columns } = embedding
    // Of a side that has none of its columns nothing is missing.
    const missingOf = (side: Side, rows: number) =>
      columns.some((column) => side.columns.has(column)) ? side.rowCount - rows : 0
    const missing = {
      reference: missingOf(input.reference, filled.reference),
      current: missingOf(input.current, filled.current),
    }
    return untestedColumn(name, 'embedding', reason, { ...filled, missing })
  }
  if (why !== undefined) return refused(why)
  // One after the other: both may be of one connection.
  const reference = await input.reference.vectors(source)
  const current = await input.current.vectors(source)
  if (reference === undefined || current === undefined)
    return refused({ state: 'not_testable', reason: 'only_profile' })
  const [method, threshold] = [input.methods.get(name), input.thresholds?.get(name)]
  const asked = {
    name,
    reference,
    current,
    ...(method === undefined ? {} : { method }),
    ...(threshold === undefined ? {} : { threshold }),
  }
  return compareEmbedding(asked, input.settings, input.signal)
}

function groupsOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

/** Works on what was read of each group in turn, while the next is being read. Nothing is read any more when this ends. */
async function readAhead<Group, Found>(
  groups: readonly Group[],
  read: (group: Group) => Promise<Found>,
  work: (group: Group, found: Found) => Promise<void>,
): Promise<void> {
  const begin = (group: Group | undefined) => {
    const reading = group === undefined ? undefined : read(group)
    // A failure is told where it is waited for, which may be later.
    reading?.catch(() => undefined)
    return reading
  }
  let ahead = begin(groups[0])
  try {
    for (const [index, group] of groups.entries()) {
      const found = await ahead
      ahead = begin(groups[index + 1])
      if (found !== undefined) await work(group, found)
    }
  } finally {
    await ahead?.catch(() => undefined)
  }
}

function refuse(name: string, { reference, current, types }: CompareInput, why: Untested): ColumnDrift {
  const [one, other] = [reference.columns.get(name), current.columns.get(name)]
  const family = (other ?? one)?.family
  const type =
    types.get(name) ??
    (family === 'time' || family === 'clock'
      ? 'datetime'
      : family === 'integer' || family === 'number'
        ? 'num'
        : 'unknown')
  const rows = { reference: one?.filled ?? 0, current: other?.filled ?? 0 }
  const missing = {
    reference: one === undefined ? 0 : reference.rowCount - one.filled,
    current: other === undefined ? 0 : current.rowCount - other.filled,
  }
  return untestedColumn(name, type, why, { ...rows, missing })
}

/** Numbers of any width are one kind; a type that was asked for makes a column comparable as such. */
function refusalOf(one: SideColumn, other: SideColumn, { types, methods }: CompareInput): Untested | undefined {
  const rows = { reference: one.filled, current: other.filled }
  // A column without values has no type of its own.
  if (one.filled === 0 || other.filled === 0) return { state: 'no_values', rows }
  const [from, to] = [kindOf(one), kindOf(other)]
  const asked = types.get(one.name)
  const isAsked = asked !== undefined || methods.has(one.name)
  if (from === undefined || to === undefined) return { state: 'not_testable', reason: 'nested', isAsked }
  if (asked === 'cat' || asked === 'text') return undefined
  if (from !== to) {
    const isReadable = [from, to].every((kind) => kind === 'number' || kind === 'text')
    return asked === 'num' && isReadable ? undefined : { state: 'type_changed', from, to }
  }
  if (from === 'clock')
    return { state: 'not_testable', reason: 'time', isAsked, ...(asked === undefined ? {} : { type: asked }) }
  return from === 'time' && asked !== 'num' ? { state: 'not_testable', reason: 'time', isAsked } : undefined
}

/** Undefined of lists and structures. */
function kindOf({ family }: SideColumn): DriftFamily | undefined {
  if (family === 'nested') return undefined
  return family === 'integer' ? 'number' : family
}

function numberLike({ name, reference, current }: Planned, { types }: CompareInput): boolean {
  const asked = types.get(name)
  if (asked === 'text') return false
  const isNumber = [reference, current].every(({ family }) => family === 'integer' || family === 'number')
  return asked === 'num' || isNumber
}

/** Whole numbers without missing ones: pandas reads the others as floating-point numbers. */
function isWhole(column: SideColumn, { rowCount }: Side): boolean {
  return column.family === 'integer' && column.filled === rowCount
}

function numberPair(column: Planned, a: NumberSample, b: NumberSample, input: CompareInput): ColumnPair | Untested {
  const { name, reference, current } = column
  const asked = input.types.get(name)
  // What does not read as a number counts as missing, beyond those that are.
  const isUnreadable = (sample: NumberSample, { family, filled }: SideColumn, { rowCount }: Side) =>
    family === 'text' && sample.missing > rowCount - filled
  if (isUnreadable(a, reference, input.reference) || isUnreadable(b, current, input.current)) {
    return { state: 'not_testable', reason: 'unreadable_numbers' }
  }
  if (asked === 'cat' || (asked === undefined && isWhole(current, input.current) && isFew(b.sorted))) {
    return { kind: 'cat', reference: labelsOf(a), current: labelsOf(b) }
  }
  return {
    kind: 'num',
    reference: a,
    current: b,
    isWhole: isWhole(reference, input.reference) && isWhole(current, input.current),
  }
}

function isFew(sorted: Float64Array): boolean {
  const seen = new Set<number>()
  for (let index = 0; index < sorted.length && seen.size <= labelsOfIntegersMax; index += 1)
    seen.add(sorted[index] ?? 0)
  return seen.size <= labelsOfIntegersMax
}

function labelsOf({ sorted, missing, infinite }: NumberSample): CategoryCounts {
  const counts = new Map<string, number>()
  let from = 0
  for (let index = 1; index <= sorted.length; index += 1) {
    if (index < sorted.length && sorted[index] === sorted[from]) continue
    counts.set(String(sorted[from]), index - from)
    from = index
  }
  return { counts, missing: missing + infinite }
}

interface LabelsOfBoth {
  readonly current: ReadLabels
  /** Absent where the column has texts. */
  readonly reference?: ReadLabels
}

/** The labels of some columns, those left out that are asked for as texts: each side is read in one go. */
async function readLabels(
  columns: readonly Planned[],
  input: CompareInput,
): Promise<ReadonlyMap<Planned, LabelsOfBoth>> {
  const asked = columns.filter(({ name }) => input.types.get(name) !== 'text')
  const own = await input.current.labels(asked.map(({ current }) => current))
  const found = new Map<Planned, LabelsOfBoth>()
  const labelled: Planned[] = []
  for (const [index, column] of asked.entries()) {
    const current = own[index]
    if (current === undefined) continue
    found.set(column, { current })
    if (!(await isText(column, current, input))) labelled.push(column)
  }
  const others = await input.reference.labels(labelled.map(({ reference }) => reference))
  for (const [index, column] of labelled.entries()) {
    const [both, reference] = [found.get(column), others[index]]
    if (both !== undefined && reference !== undefined) found.set(column, { ...both, reference })
  }
  return found
}

/** Where more than half of the values differ, they are texts to Evidently. */
async function isText(
  { name, current }: Planned,
  { counts, isCutOff }: ReadLabels,
  input: CompareInput,
): Promise<boolean> {
  if (input.types.get(name) !== undefined || current.family !== 'text') return false
  const distinct = isCutOff ? await input.current.distinct(current) : counts.counts.size
  return distinct > current.filled / 2
}

async function wordPair(
  { name, reference, current }: Planned,
  labels: LabelsOfBoth | undefined,
  input: CompareInput,
): Promise<ColumnPair | Untested> {
  if (labels?.reference !== undefined) {
    const { current: own, reference: other } = labels
    if (!own.isCutOff && !other.isCutOff) return { kind: 'cat', reference: other.counts, current: own.counts }
    // A profile keeps texts instead of very many labels: those are compared where nobody asked for labels.
    const isKept = !input.types.has(name) && !own.isCutOff && other.counts.counts.size === 0
    const texts = isKept ? await input.reference.texts(reference) : undefined
    if (texts === undefined || texts.texts.length === 0) return { state: 'not_testable', reason: 'too_many_labels' }
    return { kind: 'text', reference: texts, current: await input.current.texts(current) }
  }
  return {
    kind: 'text',
    reference: await input.reference.texts(reference),
    current: await input.current.texts(current),
  }
}
