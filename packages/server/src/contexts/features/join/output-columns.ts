import { FabriqueError } from '@fabrique/contract/client'
import { limit } from '../../../kernel/index.js'
import type { JoinedView, JoinRequest, RelationColumn } from './model.js'
import { columnOf } from './relation.js'

/** A column of a view in the result. */
export interface OutputFeature {
  readonly name: string
  readonly column: RelationColumn
}

/** The columns of the result: those kept of the entity rows, then those of each view. */
export interface OutputColumns {
  readonly entity: readonly RelationColumn[]
  readonly views: readonly {
    readonly features: readonly OutputFeature[]
    readonly eventTime: string | undefined
    readonly age: string | undefined
  }[]
}

/** Names everything once. Throws `feature_column_unknown`, `feature_name_clash`, `feature_columns_exceeded`. */
export function outputColumns({ entities, views, fullNames, ages }: JoinRequest): OutputColumns {
  const { relation, columns = relation.columns.map(({ name }) => name) } = entities
  const output: OutputColumns = {
    entity: columns.map((name) => columnOf(relation, name)),
    views: views.map((view) => ({
      features: view.features.map(({ column, name }) => ({
        name: fullNames === true ? `${view.name}__${name}` : name,
        column: columnOf(view.relation, column),
      })),
      eventTime: ages === true ? `${view.name}__event_time` : undefined,
      age: ages === true ? `${view.name}__age` : undefined,
    })),
  }
  refuseClashes(output, entities.relation.name, views)
  return output
}

function refuseClashes(output: OutputColumns, entities: string, views: readonly JoinedView[]): void {
  const places: (readonly [string, string])[] = output.entity.map(({ name }) => [name, entities])
  output.views.forEach(({ features, eventTime, age }, index) => {
    const named = [...features.map(({ name }) => name), eventTime, age].filter((name) => name !== undefined)
    for (const name of named) places.push([name, views[index]?.name ?? ''])
  })
  if (places.length > limit('data.columns_max')) {
    throw new FabriqueError('feature_columns_exceeded', { count: places.length, limit: limit('data.columns_max') })
  }
  const seen = new Map<string, string>()
  for (const [name, place] of places) {
    // Names that differ in case only are one name to most readers of tables.
    const first = seen.get(name.toLowerCase())
    if (first !== undefined) throw new FabriqueError('feature_name_clash', { name, first, second: place })
    seen.set(name.toLowerCase(), place)
  }
}
