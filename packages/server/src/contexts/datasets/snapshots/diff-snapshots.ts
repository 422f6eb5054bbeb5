import type { DuckDBConnection } from '@duckdb/node-api'
import type { Profile, SchemaChange, Snapshot, SnapshotColumn, SnapshotDiff } from '@fabrique/contract'
import { z } from 'zod'
import { present } from '../../../kernel/index.js'
import { readVerb, type VerbContext } from '../../../platform/index.js'
import { findDeclared } from '../get-dataset.js'
import { getSnapshot } from '../get-snapshot.js'
import { localParts, tableOfParts } from '../read-snapshot.js'
import { type DiffSides, diffByKey, diffByRow, hasUniqueKey, type RowsDiff } from './diff-rows.js'
import { ensureProfile } from './ensure-profile.js'
import { measureShift } from './measure-shift.js'

/** What differs between the columns of two snapshots. */
export function diffColumns(base: readonly SnapshotColumn[], head: readonly SnapshotColumn[]): SchemaChange[] {
  const ofBase = new Map(base.map((column) => [column.name, column]))
  const ofHead = new Map(head.map((column) => [column.name, column]))
  const removed = base
    .filter(({ name }) => !ofHead.has(name))
    .map(({ name, type }): SchemaChange => ({ column: name, change: 'removed', from: type }))
  return [
    ...removed,
    ...head.flatMap(({ name, type, nullable }): SchemaChange[] => {
      const before = ofBase.get(name)
      if (before === undefined) return [{ column: name, change: 'added', to: type }]
      return [
        ...(before.type === type ? [] : [{ column: name, change: 'type' as const, from: before.type, to: type }]),
        ...(before.nullable === nullable
          ? []
          : [{ column: name, change: 'nullable' as const, from: String(before.nullable), to: String(nullable) }]),
      ]
    }),
  ]
}

/**
 * What differs from another snapshot: columns; rows by the key of the data set where it is unique in both, else whole rows as often as
 * they occur; how far the values of each common column moved. Parts that both have are not compared row by row. Throws
 * `snapshot_not_found`.
 */
export const diffSnapshots = readVerb({
  name: 'datasets.diff_snapshots',
  permission: 'datasets.read',
  input: z.object({ snapshot: z.string(), base: z.string(), limit: z.number().int().min(0).max(1000).default(50) }),
  async run({ ctx, input }): Promise<SnapshotDiff> {
    const head = await getSnapshot({ ctx, input: { snapshot: input.snapshot } })
    const base = await getSnapshot({ ctx, input: { snapshot: input.base } })
    const profiles = {
      base: await ensureProfile({ ctx, input: { snapshot: base.id } }),
      head: await ensureProfile({ ctx, input: { snapshot: head.id } }),
    }
    const schema = diffColumns(base.columns, head.columns)
    const key = await commonKey(ctx, base, head)
    const named = { base: base.id, head: head.id, schema }
    if (schema.length === 0 && hasSameParts(base, head)) {
      return { ...named, key: [...key], ...sameRows(head), shifts: shiftsOf(base, head, profiles, () => 0) }
    }
    const held = await Promise.all([localParts(ctx, base), localParts(ctx, head)])
    const [ofBase, ofHead] = held
    try {
      return await ctx.data.use(async (connection) => {
        const { sides, sharedRows } = withoutShared({ base, head, paths: { base: ofBase.paths, head: ofHead.paths } })
        const isKeyed = key.length > 0 && (await hasUniqueKey(connection, sides, key))
        const found = isKeyed
          ? await diffByKey(connection, sides, key, input.limit)
          : await diffByRow(connection, sides, input.limit)
        const tables = {
          base: tableOfParts(ofBase.paths, base.columns),
          head: tableOfParts(ofHead.paths, head.columns),
        }
        const shifts = await findShifts(connection, { base, head, profiles, tables })
        return { ...named, key: isKeyed ? [...key] : [], ...addShared(found, sharedRows), shifts }
      }, ctx.signal)
    } finally {
      await Promise.all(held.map((parts) => parts.release()))
    }
  },
})

/** The declared key where both snapshots have its columns. */
async function commonKey(ctx: VerbContext, base: Snapshot, head: Snapshot): Promise<readonly string[]> {
  const key = (await findDeclared(ctx, head))?.key ?? []
  const isThere = (name: string) => [base, head].every(({ columns }) => columns.some((column) => column.name === name))
  return key.every(isThere) ? key : []
}

function hasSameParts(base: Snapshot, head: Snapshot): boolean {
  const of = ({ parts }: Snapshot) => parts.map(({ sha256 }) => sha256).sort()
  const other = of(head)
  const own = of(base)
  return own.length === other.length && own.every((hash, index) => hash === other[index])
}

function sameRows(head: Snapshot): RowsDiff {
  const count = head.row_count
  return {
    rows: { base: count, head: count, added: 0, removed: 0, changed: 0, unchanged: count },
    samples: { added: [], removed: [], changed: [] },
    changed_columns: [],
  }
}

interface Compared {
  readonly base: Snapshot
  readonly head: Snapshot
  readonly paths: { readonly base: readonly string[]; readonly head: readonly string[] }
}

/** The parts that only one of them has: what both have is the same rows. */
function withoutShared({ base, head, paths }: Compared): { readonly sides: DiffSides; readonly sharedRows: number } {
  const left = new Map<string, number>()
  for (const { sha256 } of base.parts) left.set(sha256, (left.get(sha256) ?? 0) + 1)
  let sharedRows = 0
  const shared = new Map<string, number>()
  const ofHead = head.parts.flatMap(({ sha256, row_count }, index) => {
    const count = left.get(sha256) ?? 0
    if (count === 0) return [present(paths.head[index], 'path')]
    left.set(sha256, count - 1)
    shared.set(sha256, (shared.get(sha256) ?? 0) + 1)
    sharedRows += row_count
    return []
  })
  const ofBase = base.parts.flatMap(({ sha256 }, index) => {
    const count = shared.get(sha256) ?? 0
    if (count === 0) return [present(paths.base[index], 'path')]
    shared.set(sha256, count - 1)
    return []
  })
  return {
    sides: {
      base: { table: tableOfParts(ofBase, base.columns), columns: base.columns },
      head: { table: tableOfParts(ofHead, head.columns), columns: head.columns },
    },
    sharedRows,
  }
}

function addShared(found: RowsDiff, sharedRows: number): RowsDiff {
  const { base, head, unchanged } = found.rows
  const rows = { base: base + sharedRows, head: head + sharedRows, unchanged: unchanged + sharedRows }
  return { ...found, rows: { ...found.rows, ...rows } }
}

type Profiles = { readonly base: Profile; readonly head: Profile }
type Shifts = SnapshotDiff['shifts']

function isNumeric({ type }: SnapshotColumn): boolean {
  return type === 'number' || type === 'integer'
}

/** The columns of both whose values can be compared. */
function comparedColumns(base: Snapshot, head: Snapshot): readonly SnapshotColumn[] {
  const ofBase = new Map(base.columns.map((column) => [column.name, column]))
  return head.columns.filter((column) => {
    const before = ofBase.get(column.name)
    return before !== undefined && (before.type === column.type || (isNumeric(before) && isNumeric(column)))
  })
}

function shiftOf(name: string, profiles: Profiles, shift: Pick<Shifts[number], 'method' | 'score'>): Shifts {
  const base = profiles.base.columns.find((column) => column.name === name)
  const head = profiles.head.columns.find((column) => column.name === name)
  return base === undefined || head === undefined ? [] : [{ column: name, ...shift, base, head }]
}

function shiftsOf(base: Snapshot, head: Snapshot, profiles: Profiles, score: () => number): Shifts {
  return comparedColumns(base, head).flatMap((column) => {
    const isMeasured = isNumeric(column) || column.type === 'timestamp' || column.type === 'date'
    return shiftOf(column.name, profiles, { method: isMeasured ? 'wasserstein' : 'jensenshannon', score: score() })
  })
}

async function findShifts(
  connection: DuckDBConnection,
  given: {
    readonly base: Snapshot
    readonly head: Snapshot
    readonly profiles: Profiles
    readonly tables: { readonly base: string; readonly head: string }
  },
): Promise<Shifts> {
  const shifts: Shifts = []
  for (const { name, type } of comparedColumns(given.base, given.head)) {
    const shift = await measureShift(connection, { name, type, ...given.tables })
    if (shift !== undefined) shifts.push(...shiftOf(name, given.profiles, shift))
  }
  return shifts.sort((left, right) => right.score - left.score)
}
