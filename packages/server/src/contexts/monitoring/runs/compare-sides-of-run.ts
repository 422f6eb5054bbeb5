import type { ColumnRole, MonitorDefinition } from '@fabrique/contract'
import { assembleReport, type DriftKind, driftSettings, untestedColumn } from '@fabrique/ml/drift'
import { type ComparedTables, compareTables } from '../drift/compare-tables.js'
import { assertNames, type Embedding, resolveEmbeddings } from '../drift/embeddings.js'
import type { Side } from '../drift/side.js'
import type { RunPlan } from '../model.js'
import type { OpenedSides } from './open-sides.js'
import { type OpenedSide, type Picked, readFor, rowsBehind } from './opened-side.js'
import { type PickedColumn, pickedSide } from './picked-side.js'

/** What the comparison of both sides came to, and what its columns are. */
export interface ComparedRun extends ComparedTables {
  readonly roles: ReadonlyMap<string, ColumnRole>
}

export interface CompareRun {
  readonly plan: RunPlan
  readonly sides: OpenedSides
  readonly signal: AbortSignal | undefined
  readonly onColumn: (name: string, done: number, total: number) => void
}

/**
 * Compares the columns of both sides: prediction and target where both have enough of them, then the features, then embeddings. A column that is
 * named and that neither side has is told as missing. Throws `invalid_request` for an embedding that is called as a column.
 */
export async function compareSidesOfRun({ plan, sides, signal, onColumn }: CompareRun): Promise<ComparedRun> {
  const { definition } = plan
  const picked = pickBoth(sides, definition)
  const { reference, current, roles, embeddings } = picked
  const tooFew = Math.min(rowsBehind(sides.reference.told), rowsBehind(sides.current.told)) < definition.rows_min
  if (tooFew) return { ...undecided(picked, plan), roles }
  const compared = await compareTables({
    reference,
    current,
    only: [...roles.keys()].filter((name) => !embeddings.some((embedding) => embedding.name === name)),
    embeddings,
    types: new Map([...classTypes(picked, sides), ...Object.entries(definition.types)]),
    methods: new Map(Object.entries(definition.methods)),
    thresholds: new Map(Object.entries(definition.thresholds)),
    settings: driftSettings(definition.mode, {
      level: definition.level,
      effectMin: definition.effect_min,
      rowsMin: rowsMinOf(sides, definition),
    }),
    ...(definition.share_min === undefined ? {} : { shareMin: definition.share_min }),
    onColumn,
    ...(signal === undefined ? {} : { signal }),
  })
  return { ...compared, roles }
}

/** Rows with a value that a column needs: where a part of the rows was read, as many as stand for those that are asked for. */
function rowsMinOf({ reference, current }: OpenedSides, { mode, rows_min: asked }: MonitorDefinition): number {
  const read = Math.min(readFor(reference.told, asked), readFor(current.told, asked))
  return Math.max(read, Math.min(asked, driftSettings(mode).rowsMin))
}

interface BothPicked {
  readonly reference: Side
  readonly current: Side
  /** Those of the features, and of embeddings. */
  readonly roles: ReadonlyMap<string, ColumnRole>
  readonly embeddings: readonly Embedding[]
}

function pickBoth({ reference, current }: OpenedSides, definition: MonitorDefinition): BothPicked {
  const one = new Map<string, PickedColumn>()
  const other = new Map<string, PickedColumn>()
  const roles = new Map<string, ColumnRole>()
  const add = (name: string, role: ColumnRole, from: PickedColumn | undefined, to: PickedColumn | undefined) => {
    if (roles.has(name)) return
    roles.set(name, role)
    if (from !== undefined) one.set(name, from)
    if (to !== undefined) other.set(name, to)
  }
  const isEnough = ({ told }: OpenedSide, { column }: PickedColumn) =>
    column.filled >= readFor(told, definition.rows_min)
  for (const role of ['prediction', 'target'] as const) {
    const [from, to] = [columnOf(reference[role]), columnOf(current[role])]
    // What one side alone has is no drift: a training set knows no predictions, and truth comes late, a little at a time. Nor does a small
    // test part ever grow.
    if (from === undefined || to === undefined || !isEnough(reference, from)) continue
    if (role === 'prediction' || isEnough(current, to)) add(current[role]?.title ?? role, role, from, to)
  }
  const given = new Map(Object.entries(definition.embeddings ?? {}))
  const embeddings = resolveEmbeddings(given, { reference: reference.features, current: current.features })
  const parts = new Set(embeddings.flatMap(({ columns }) => columns))
  const names = namesOf({ reference, current }, definition, parts)
  assertNames(embeddings, [...roles.keys(), ...names], 'embeddings')
  for (const name of names) {
    add(name, 'feature', featureOf(reference.features, name), featureOf(current.features, name))
  }
  for (const { name } of embeddings) roles.set(name, 'feature')
  return {
    reference: withVectorsOf(reference.features, pickedSide(reference.told.rows, one)),
    current: withVectorsOf(current.features, pickedSide(current.told.rows, other)),
    roles,
    embeddings,
  }
}

/** Vectors are those of the features, whose columns are not picked one by one. */
const withVectorsOf = (features: Side, side: Side): Side => ({ ...side, vectors: (source) => features.vectors(source) })

/** The features to compare by themselves, and what was named that is nowhere: a slip of the pen is seen in the report. */
function namesOf(
  { reference, current }: OpenedSides,
  { columns, types, methods, embeddings = {} }: MonitorDefinition,
  parts: ReadonlySet<string>,
): ReadonlySet<string> {
  const there = new Set([...reference.features.columns.keys(), ...current.features.columns.keys()])
  const picked = [reference, current].flatMap((side) => [side.prediction, side.target])
  const known = new Set([...there, ...picked.map((column) => column?.title), ...Object.keys(embeddings)])
  const nowhere = [...Object.keys(types), ...Object.keys(methods)].filter((name) => !known.has(name))
  const asked = columns?.filter((name) => there.has(name) || !known.has(name))
  // Columns of a vector are compared by themselves where they are named only.
  return new Set([...(asked ?? [...there].filter((name) => !parts.has(name))), ...nowhere])
}

/** The log knows classes as texts, whatever their values are in rows: such a pair is compared as labels. */
function classTypes({ reference, current, roles }: BothPicked, sides: OpenedSides): Iterable<[string, DriftKind]> {
  return [...roles].flatMap(([name, role]): [string, DriftKind][] => {
    if (role === 'feature') return []
    const pair = [
      { family: reference.columns.get(name)?.family, what: sides.reference.told.what },
      { family: current.columns.get(name)?.family, what: sides.current.told.what },
    ]
    const isLogged = pair.some(({ family, what }) => what === 'predictions' && family === 'text')
    const isOfValues = pair.some(({ family = '' }) => ['boolean', 'integer', 'number'].includes(family))
    return isLogged && isOfValues ? [[name, 'cat']] : []
  })
}

function columnOf(picked: Picked | undefined): PickedColumn | undefined {
  return picked === undefined ? undefined : featureOf(picked.side, picked.name)
}

function featureOf(side: Side, name: string): PickedColumn | undefined {
  const column = side.columns.get(name)
  return column === undefined ? undefined : { side, column }
}

/** Every column is without a decision where a side has too few rows, whatever it holds: that is never "no drift". */
function undecided({ reference, current, roles, embeddings }: BothPicked, { definition }: RunPlan): ComparedTables {
  const settings = driftSettings(definition.mode, { rowsMin: definition.rows_min })
  const columns = [...roles.keys()].map((name) => {
    const embedding = embeddings.find((known) => known.name === name)
    const [one, other] = [reference.columns.get(name), current.columns.get(name)]
    const rows = embedding?.filled ?? { reference: one?.filled ?? 0, current: other?.filled ?? 0 }
    const type = embedding === undefined ? 'unknown' : 'embedding'
    const missing = { reference: reference.rowCount - rows.reference, current: current.rowCount - rows.current }
    const why = { state: 'not_enough_data', rows, rowsMin: definition.rows_min } as const
    // The side as a whole is short of rows, which is said once: no column is broken by it.
    return { ...untestedColumn(name, type, why, { ...rows, missing }), broken: false }
  })
  const counted = { columns, referenceRows: reference.rowCount, currentRows: current.rowCount }
  return { report: assembleReport(counted, settings), distributions: new Map() }
}
