import {
  type ColumnType,
  type EntityDefinition,
  FabriqueError,
  type FeatureDeclarations,
  type FeatureServiceDefinition,
  type FeatureViewDefinition,
} from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { isCron } from './cron.js'
import { datasetsOf, featuresOf, type KeyType, type ViewKey } from './model.js'
import { type Declared, refused } from './refuse.js'

/** A data set that views may read; its columns where it declares them. */
export interface KnownDataset {
  readonly name: string
  readonly columns?: ReadonlyMap<string, ColumnType>
}

export type KnownDatasets = ReadonlyMap<string, KnownDataset>

/** A declared view with the keys of its entities. */
export interface CheckedView {
  readonly definition: FeatureViewDefinition
  readonly keys: readonly ViewKey[]
}

const keyTypes: Partial<Readonly<Record<ColumnType, KeyType>>> = {
  text: 'text',
  category: 'text',
  integer: 'integer',
  boolean: 'boolean',
}

/**
 * Holds declarations against each other and against the data sets of their project; SQL is looked at elsewhere. Errors: `features_invalid`,
 * `feature_name_clash`.
 */
export function checkDeclarations(declared: FeatureDeclarations, datasets: KnownDatasets): readonly CheckedView[] {
  const entities = byName('entity', declared.entities)
  const views = byName('feature_view', declared.feature_views)
  byName('feature_service', declared.feature_services)
  for (const { name, keys } of declared.entities) {
    refuseTwice({ kind: 'entity', name }, keys)
  }
  const checked = declared.feature_views.map((definition) => checkView(definition, entities, datasets))
  const keysOf = new Map(checked.map(({ definition, keys }) => [definition.name, keys]))
  for (const service of declared.feature_services) checkService(service, views, keysOf)
  return checked
}

function byName<Item extends { readonly name: string }>(
  kind: Declared['kind'],
  items: readonly Item[],
): ReadonlyMap<string, Item> {
  const found = new Map<string, Item>()
  for (const item of items) {
    if (found.has(item.name))
      throw refused({ kind, name: item.name }, 'it is declared twice', 'il y a deux déclarations')
    found.set(item.name, item)
  }
  return found
}

/** Names that differ in case only are one name to most readers of tables. */
function refuseTwice(about: Declared, items: readonly { readonly name: string }[]): void {
  const seen = new Set<string>()
  for (const { name } of items) {
    const key = name.toLowerCase()
    if (seen.has(key)) throw refused(about, `${name} is there twice`, `${name} y figure deux fois`)
    seen.add(key)
  }
}

function checkView(
  definition: FeatureViewDefinition,
  entities: ReadonlyMap<string, EntityDefinition>,
  datasets: KnownDatasets,
): CheckedView {
  const about = { kind: 'feature_view', name: definition.name } as const
  const keyNames = keysOfEntities(definition, entities, about)
  for (const name of Object.keys(definition.keys)) {
    if (keyNames.some((key) => key.name === name)) continue
    throw refused(about, `its entities have no key ${name}`, `ses entités n’ont pas de clé ${name}`)
  }
  const features = featuresOf(definition)
  if (features.length === 0) throw refused(about, 'it has no features', 'elle n’a aucune variable')
  refuseTwice(about, [...keyNames, ...features])
  for (const name of datasetsOf(definition)) {
    if (datasets.has(name)) continue
    throw refused(
      about,
      `the project has no data set ${name}; one that is declared now is there once the worker starts again`,
      `le projet n’a pas de jeu de données ${name} ; s’il vient d’être déclaré, il y est au redémarrage du worker`,
    )
  }
  const { source, schedule } = definition
  if (schedule !== undefined && !isCron(schedule)) {
    const shown = JSON.stringify(schedule)
    throw refused(
      about,
      `the schedule ${shown} is no cron expression of five fields, as 0 6 1 * *`,
      `la planification ${shown} n’est pas une expression cron de cinq champs, comme 0 6 1 * *`,
    )
  }
  const columns = source.kind === 'dataset' ? datasets.get(source.dataset)?.columns : undefined
  const keys = keyNames.map((key): ViewKey => {
    const column = definition.keys[key.name] ?? key.name
    const type = key.type ?? keyTypes[columns?.get(column) ?? 'number']
    return { name: key.name, column, ...(type === undefined ? {} : { type }) }
  })
  checkDerived(definition, about)
  if (columns !== undefined && source.kind === 'dataset') {
    checkColumns({ definition, keys }, columns, `the data set ${source.dataset}`, `le jeu de données ${source.dataset}`)
  }
  checkAggregations(definition, columns, about)
  return { definition, keys }
}

function keysOfEntities(
  { entities: names }: FeatureViewDefinition,
  entities: ReadonlyMap<string, EntityDefinition>,
  about: Declared,
): EntityDefinition['keys'] {
  const keys = names.flatMap((name) => {
    const entity = entities.get(name)
    if (entity === undefined) throw refused(about, `there is no entity ${name}`, `il n’y a pas d’entité ${name}`)
    return entity.keys
  })
  if (keys.length > limit('features.keys_max')) {
    const most = limit('features.keys_max')
    throw refused(
      about,
      `its entities have ${keys.length} keys, more than the limit of ${most}`,
      `ses entités ont ${keys.length} clés, plus que la limite de ${most}`,
    )
  }
  return keys
}

function checkDerived({ features, aggregations, derived }: FeatureViewDefinition, about: Declared): void {
  const inputs = new Set([...features, ...aggregations].map(({ name }) => name))
  for (const { name, inputs: asked, sql, code } of derived) {
    const missing = asked.find((input) => !inputs.has(input))
    if (missing !== undefined) {
      throw refused(
        about,
        `${name} is derived from ${missing}, which is no feature or aggregation of it`,
        `${name} est dérivée de ${missing}, qui n’est ni une variable ni une agrégation de cette vue`,
      )
    }
    if ((sql === undefined) === (code === undefined)) {
      throw refused(about, `${name} needs either SQL or code`, `${name} demande soit du SQL, soit du code`)
    }
  }
}

function checkAggregations(
  { aggregations }: FeatureViewDefinition,
  columns: ReadonlyMap<string, ColumnType> | undefined,
  about: Declared,
): void {
  for (const { name, column, function: how } of aggregations) {
    if (column === undefined) {
      if (how === 'count') continue
      throw refused(about, `${name} needs a column`, `${name} demande une colonne`)
    }
    const type = columns?.get(column)
    if (type === undefined || (how !== 'sum' && how !== 'mean') || type === 'number' || type === 'integer') continue
    throw refused(
      about,
      `${name} is the ${how} of ${column}, which holds no numbers (${type})`,
      `${name} est de type ${how} sur ${column}, qui ne contient pas de nombres (${type})`,
    )
  }
}

/** Every column that a view reads is there, and can be what it is read as. Throws `features_invalid`. */
export function checkColumns(
  { definition, keys }: CheckedView,
  columns: ReadonlyMap<string, ColumnType>,
  place: string,
  placeFr: string,
): void {
  const about = { kind: 'feature_view', name: definition.name } as const
  const typeOf = (column: string): ColumnType => {
    const type = columns.get(column)
    if (type !== undefined) return type
    throw refused(about, `${place} declares no column ${column}`, `${placeFr} ne déclare pas de colonne ${column}`)
  }
  for (const { name, column, type: declared } of keys) {
    const type = typeOf(column)
    const found = keyTypes[type]
    // Whole numbers and texts may stand for each other, which the data decides.
    if (found !== undefined && (declared === 'boolean') !== (found === 'boolean') && declared !== undefined) {
      throw refused(
        about,
        `key ${name} is declared as ${declared}, and column ${column} is of the type ${type}`,
        `la clé ${name} est déclarée ${declared}, et la colonne ${column} est de type ${type}`,
      )
    }
    if (found !== undefined) continue
    throw refused(
      about,
      `column ${column} cannot be a key, since it is of the type ${type}: keys are text, whole numbers or booleans`,
      `la colonne ${column} ne peut pas être une clé, car elle est de type ${type} : une clé est un texte, un nombre entier ou un booléen`,
    )
  }
  for (const column of [definition.time, ...(definition.created === undefined ? [] : [definition.created])]) {
    const type = typeOf(column)
    if (['timestamp', 'date', 'text'].includes(type)) continue
    throw refused(
      about,
      `column ${column} holds no times (${type})`,
      `la colonne ${column} ne contient pas de moments (${type})`,
    )
  }
  for (const column of definition.ties) typeOf(column)
  for (const { name, column = name } of definition.features) typeOf(column)
  for (const { column } of definition.aggregations) if (column !== undefined) typeOf(column)
}

function checkService(
  { name, views: chosen }: FeatureServiceDefinition,
  views: ReadonlyMap<string, FeatureViewDefinition>,
  keysOf: ReadonlyMap<string, readonly ViewKey[]>,
): void {
  const about = { kind: 'feature_service', name } as const
  const places = new Map<string, string>()
  const seen = new Set<string>()
  for (const { view, features, prefix = '' } of chosen) {
    const definition = views.get(view)
    if (definition === undefined) {
      throw refused(about, `there is no feature view ${view}`, `il n’y a pas de vue ${view}`)
    }
    if (seen.has(view)) throw refused(about, `view ${view} is there twice`, `la vue ${view} y figure deux fois`)
    seen.add(view)
    const known = featuresOf(definition).map((feature) => feature.name)
    const missing = features?.find((feature) => !known.includes(feature))
    if (missing !== undefined) {
      throw refused(
        about,
        `view ${view} has no feature ${missing}; its features are ${known.join(', ')}`,
        `la vue ${view} n’a pas de variable ${missing} ; ses variables sont ${known.join(', ')}`,
      )
    }
    for (const key of keysOf.get(view) ?? []) places.set(key.name.toLowerCase(), key.name)
    for (const feature of features ?? known) {
      const given = `${prefix}${feature}`
      const first = places.get(given.toLowerCase())
      if (first !== undefined) throw new FabriqueError('feature_name_clash', { name: given, first, second: view })
      places.set(given.toLowerCase(), view)
    }
  }
}
