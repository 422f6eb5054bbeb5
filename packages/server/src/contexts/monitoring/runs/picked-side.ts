import type { NumberSample } from '@fabrique/ml/drift'
import type { Side, SideColumn } from '../drift/side.js'

/** A column of a side, under the name that both sides are compared by. */
export interface PickedColumn {
  readonly side: Side
  readonly column: SideColumn
}

/** A side made of columns of others, each under a name of its own: what is predicted and what was right stand under other names in a log. */
export function pickedSide(rowCount: number, columns: ReadonlyMap<string, PickedColumn>): Side {
  const sourceOf = ({ name }: SideColumn): PickedColumn => {
    const found = columns.get(name)
    if (found === undefined) throw new Error(`No column ${name} was picked`)
    return found
  }
  return {
    rowCount,
    columns: new Map([...columns].map(([name, { column }]) => [name, { ...column, name }])),
    async numbers(asked) {
      // In one go for each of the sides: reading is what takes time.
      const sources = asked.map(sourceOf)
      const samples = new Map<PickedColumn, NumberSample>()
      for (const side of new Set(sources.map((source) => source.side))) {
        const own = sources.filter((source) => source.side === side)
        const read = await side.numbers(own.map(({ column }) => column))
        for (const [index, source] of own.entries()) {
          const sample = read[index]
          if (sample !== undefined) samples.set(source, sample)
        }
      }
      return sources.flatMap((source) => samples.get(source) ?? [])
    },
    labels: (asked) => withSource(sourceOf(asked), (side, column) => side.labels(column)),
    distinct: (asked) => withSource(sourceOf(asked), (side, column) => side.distinct(column)),
    texts: (asked) => withSource(sourceOf(asked), (side, column) => side.texts(column)),
  }
}

function withSource<Result>(
  { side, column }: PickedColumn,
  read: (side: Side, column: SideColumn) => Promise<Result>,
): Promise<Result> {
  return read(side, column)
}
