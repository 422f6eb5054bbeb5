import type { ColumnRole } from '@fabrique/contract'
import { assembleReport, driftSettings, untestedColumn } from '@fabrique/ml/drift'
import { compareSides } from '../drift/compare-sides.js'
import type { ComparedTables } from '../drift/compare-tables.js'
import type { Side } from '../drift/side.js'
import type { RunPlan } from '../model.js'
import type { OpenedSides } from './open-sides.js'
import type { Picked } from './opened-side.js'
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

/** Compares the columns of both sides: prediction and target where both have them, then the features. */
export async function compareSidesOfRun({ plan, sides, signal, onColumn }: CompareRun): Promise<ComparedRun> {
  const { definition } = plan
  const picked = pickBoth(sides, definition.columns)
  const options = {
    mode: definition.mode,
    types: new Map(Object.entries(definition.types)),
    methods: new Map(Object.entries(definition.methods)),
    thresholds: new Map(Object.entries(definition.thresholds)),
    shareMin: definition.share_min,
    level: definition.level,
    effectMin: definition.effect_min,
    rowsMin: definition.rows_min,
  }
  const { reference, current } = picked
  const tooFew = Math.min(reference.rowCount, current.rowCount) < definition.rows_min
  const compared = tooFew ? undecided(picked, plan) : await compareSides(picked, { ...options, onColumn, signal })
  return { ...compared, roles: picked.roles }
}

interface BothPicked {
  readonly reference: Side
  readonly current: Side
  readonly roles: ReadonlyMap<string, ColumnRole>
}

function pickBoth({ reference, current }: OpenedSides, only: readonly string[] | undefined): BothPicked {
  const one = new Map<string, PickedColumn>()
  const other = new Map<string, PickedColumn>()
  const roles = new Map<string, ColumnRole>()
  const add = (name: string, role: ColumnRole, from: PickedColumn | undefined, to: PickedColumn | undefined) => {
    if (roles.has(name)) return
    roles.set(name, role)
    if (from !== undefined) one.set(name, from)
    if (to !== undefined) other.set(name, to)
  }
  for (const role of ['prediction', 'target'] as const) {
    const [from, to] = [reference[role], current[role]]
    // What one side alone has is no drift: a training set knows no predictions, and truth comes late.
    if (from !== undefined && to !== undefined) add(to.title, role, columnOf(from), columnOf(to))
  }
  const names = only ?? [...new Set([...reference.features.columns.keys(), ...current.features.columns.keys()])]
  for (const name of names) {
    const [from, to] = [featureOf(reference.features, name), featureOf(current.features, name)]
    add(name, 'feature', from, to)
  }
  return {
    reference: pickedSide(reference.told.rows, one),
    current: pickedSide(current.told.rows, other),
    roles,
  }
}

function columnOf({ side, name }: Picked): PickedColumn | undefined {
  return featureOf(side, name)
}

function featureOf(side: Side, name: string): PickedColumn | undefined {
  const column = side.columns.get(name)
  return column === undefined ? undefined : { side, column }
}

/** Every column is without a decision where a side has too few rows, whatever it holds: that is never "no drift". */
function undecided({ reference, current, roles }: BothPicked, { definition }: RunPlan): ComparedTables {
  const settings = driftSettings(definition.mode, { rowsMin: definition.rows_min })
  const columns = [...roles.keys()].map((name) => {
    const [one, other] = [reference.columns.get(name), current.columns.get(name)]
    const rows = { reference: one?.filled ?? 0, current: other?.filled ?? 0 }
    const missing = { reference: reference.rowCount - rows.reference, current: current.rowCount - rows.current }
    const why = { state: 'not_enough_data', rows, rowsMin: definition.rows_min } as const
    // The side as a whole is short of rows, which is said once: no column is broken by it.
    return { ...untestedColumn(name, 'unknown', why, { ...rows, missing }), broken: false }
  })
  const counted = { columns, referenceRows: reference.rowCount, currentRows: current.rowCount }
  return { report: assembleReport(counted, settings), distributions: new Map() }
}
