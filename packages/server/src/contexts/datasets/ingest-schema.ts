import type { ColumnType, DatasetDefinition, SchemaChange, SnapshotColumn } from '@fabrique/contract'
import { widerType } from './column-types.js'
import type { PartColumn } from './read-rows.js'

/** The types that hold the values of all parts, of the columns that are not declared. */
export function commonTypes(parts: readonly (readonly PartColumn[])[]): ReadonlyMap<string, ColumnType> {
  const found = new Map<string, ColumnType>()
  for (const columns of parts) {
    for (const { name, declared, natural } of columns) {
      if (declared) continue
      const type = widerType(found.get(name), natural)
      if (type !== undefined) found.set(name, type)
    }
  }
  return found
}

/** True where the part is stored in these types. A column without values is stored as text. */
export function hasTypes(columns: readonly PartColumn[], types: ReadonlyMap<string, ColumnType>): boolean {
  return columns.every(({ name, declared, type }) => declared || (type ?? 'text') === (types.get(name) ?? 'text'))
}

/** The columns of a snapshot of these parts: those of the first, then those that came in. */
export function snapshotColumns(
  parts: readonly (readonly PartColumn[])[],
  dataset: DatasetDefinition,
): readonly SnapshotColumn[] {
  const columns = new Map<string, SnapshotColumn>()
  for (const { name, type } of parts.flat()) {
    if (columns.has(name)) continue
    const declared = dataset.columns[name]
    columns.set(
      name,
      declared === undefined
        ? { name, type: type ?? 'text', nullable: true, declared: false }
        : {
            name,
            type: declared.type,
            nullable: declared.nullable,
            declared: true,
            ...(declared.unit === undefined ? {} : { unit: declared.unit }),
          },
    )
  }
  return [...columns.values()]
}

/** What differs between the columns of two snapshots of a data set. */
export function schemaChanges(
  before: readonly SnapshotColumn[],
  after: readonly SnapshotColumn[],
): readonly SchemaChange[] {
  const old = new Map(before.map((column) => [column.name, column]))
  const names = new Set(after.map(({ name }) => name))
  const told = (nullable: boolean) => (nullable ? 'nullable' : 'required')
  return [
    ...after.flatMap((column): SchemaChange[] => {
      const known = old.get(column.name)
      if (known === undefined) return [{ column: column.name, change: 'added', to: column.type }]
      const type: SchemaChange[] =
        known.type === column.type ? [] : [{ column: column.name, change: 'type', from: known.type, to: column.type }]
      const nullable: SchemaChange[] =
        known.nullable === column.nullable
          ? []
          : [{ column: column.name, change: 'nullable', from: told(known.nullable), to: told(column.nullable) }]
      return [...type, ...nullable]
    }),
    ...before
      .filter(({ name }) => !names.has(name))
      .map(({ name, type }): SchemaChange => ({ column: name, change: 'removed', from: type })),
  ]
}
