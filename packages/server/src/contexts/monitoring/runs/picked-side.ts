import { assert } from '../../../kernel/index.js'
import type { Side, SideColumn } from '../drift/side.js'

/** A column of a side, under the name that both sides are compared by. */
export interface PickedColumn {
  readonly side: Side
  readonly column: SideColumn
}

/** A side made of columns of others, each under a name of its own: what is predicted and what was right stand under other names in a log. */
export function pickedSide(rowCount: number, columns: ReadonlyMap<string, PickedColumn>): Side {
  const sourceOf = ({ name }: Pick<SideColumn, 'name'>): PickedColumn => {
    const found = columns.get(name)
    if (found === undefined) throw new Error(`No column ${name} was picked`)
    return found
  }
  return {
    rowCount,
    columns: new Map([...columns].map(([name, { column }]) => [name, { ...column, name }])),
    numbers: (asked) => eachOf(asked.map(sourceOf), (side, own) => side.numbers(own)),
    labels: (asked) => eachOf(asked.map(sourceOf), (side, own) => side.labels(own)),
    distinct: (asked) => withSource(sourceOf(asked), (side, column) => side.distinct(column)),
    texts: (asked) => withSource(sourceOf(asked), (side, column) => side.texts(column)),
    vectors(asked) {
      const names = asked.kind === 'list' ? [asked.name] : asked.names
      const sources = names.map((name) => sourceOf({ name }))
      const [first] = sources
      assert(first !== undefined && sources.every(({ side }) => side === first.side), 'A vector is of one side')
      return first.side.vectors(
        asked.kind === 'list'
          ? { ...asked, name: first.column.name }
          : { ...asked, names: sources.map(({ column }) => column.name) },
      )
    },
  }
}

/** In one go for each of the sides: reading is what takes time. */
async function eachOf<Found>(
  sources: readonly PickedColumn[],
  read: (side: Side, columns: readonly SideColumn[]) => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  const found = new Map<PickedColumn, Found>()
  for (const side of new Set(sources.map((source) => source.side))) {
    const own = sources.filter((source) => source.side === side)
    const values = await read(
      side,
      own.map(({ column }) => column),
    )
    for (const [index, source] of own.entries()) {
      const value = values[index]
      if (value !== undefined) found.set(source, value)
    }
  }
  return sources.flatMap((source) => found.get(source) ?? [])
}

function withSource<Result>(
  { side, column }: PickedColumn,
  read: (side: Side, column: SideColumn) => Promise<Result>,
): Promise<Result> {
  return read(side, column)
}
