import {
  type AggregationFunction,
  type ColumnType,
  FabriqueError,
  type FeatureViewDefinition,
} from '@fabrique/contract'
import type { Column } from './columns.js'
import type { Dataset } from './dataset.js'
import { type AboutFeatures, aboutOf, type Entity } from './entity.js'
import { type AnyDerived, type Derived, namedIn } from './feature-derived.js'
import { parseDuration } from './parse-duration.js'

type Columns = Readonly<Record<string, Column>>

/** A name of the declared columns; any name where none is declared. */
type NameIn<Declared extends Columns> = string extends keyof Declared
  ? string
  : [keyof Declared] extends [never]
    ? string
    : keyof Declared & string

type ValueIn<Declared extends Columns, Name> = Name extends keyof Declared
  ? Declared[Name] extends Column<infer Value>
    ? Value
    : never
  : [keyof Declared] extends [never]
    ? never
    : unknown

/** Seconds, or a duration as `45d`, `36h` or `90m`. */
export type Duration = number | string

/** A feature under a name of its own. */
export interface RenamedFeature<Name extends string = string, ColumnName extends string = string> {
  readonly name: Name
  readonly column?: ColumnName
  readonly description?: string
}

type FeatureOption<Declared extends Columns> = NameIn<Declared> | RenamedFeature<string, NameIn<Declared>>

/** A value over the events of a key within a time before the moment, both ends included. */
export interface AggregationOptions<Name extends string = string> {
  /** The column; may be left out of a count. */
  readonly of?: Name
  readonly as: AggregationFunction
  /** From 1 hour to 365 days. */
  readonly over: Duration
}

type Aggregations<Declared extends Columns> = Readonly<Record<string, AggregationOptions<NameIn<Declared>>>>

type NameOfFeature<Feature> = Feature extends { readonly name: infer Name } ? Name : Feature
type ColumnOfFeature<Feature> = Feature extends { readonly column: infer Name } ? Name : NameOfFeature<Feature>

type ValueOfAggregation<Declared extends Columns, Aggregation> = Aggregation extends {
  readonly as: 'sum' | 'mean' | 'count'
}
  ? number
  : Aggregation extends { readonly of: infer Name }
    ? ValueIn<Declared, Name>
    : unknown

/** The inputs that derived features may take: each may be null. */
type RowOf<Declared extends Columns, Features extends readonly unknown[], Aggregated> = {
  readonly [Feature in Features[number] as NameOfFeature<Feature> & string]: ValueIn<
    Declared,
    ColumnOfFeature<Feature>
  > | null
} & { readonly [Name in keyof Aggregated]: ValueOfAggregation<Declared, Aggregated[Name]> | null }

/** Refuses what is derived from inputs that the view does not have, or not of that type. */
type DerivedFrom<Row, Made> = {
  readonly [Name in keyof Made]: Made[Name] extends Derived<infer Needed>
    ? Row extends Needed
      ? Made[Name]
      : never
    : never
}

type ValueOfType = {
  readonly number: number
  readonly integer: number
  readonly text: string
  readonly category: string
  readonly boolean: boolean
  readonly timestamp: Date
  readonly date: string
}
type ValuesOf<Made> = {
  readonly [Name in keyof Made]: Made[Name] extends { readonly type: infer Type extends ColumnType }
    ? ValueOfType[Type] | null
    : never
}

/** The rows of a view, as SQL gives them. */
export interface ViewQuery {
  readonly kind: 'query'
  readonly sql: string
  readonly datasets: readonly string[]
}

/** Rows that a select of DuckDB makes from data sets, which stand in it under their names. */
export function query(datasets: readonly Pick<Dataset, 'kind' | 'definition'>[], sql: string): ViewQuery {
  return { kind: 'query', sql, datasets: datasets.map(({ definition }) => definition.name) }
}

export interface FeatureViewOptions<
  Declared extends Columns,
  Features extends readonly FeatureOption<Declared>[],
  Aggregated extends Aggregations<Declared>,
  Made extends Readonly<Record<string, AnyDerived>>,
> extends AboutFeatures {
  /** A data set, or a query over several. */
  readonly from: Dataset<Declared> | ViewQuery
  readonly entity: Entity | readonly Entity[]
  /** Column of a key that has another name there. */
  readonly keys?: Readonly<Record<string, NameIn<Declared>>>
  /** When a row became true; the time of the data set by default. */
  readonly time?: NameIn<Declared>
  /** When a row became known. */
  readonly created?: NameIn<Declared>
  /** Of rows equal in keys and times the greatest by these counts, then the last. */
  readonly ties?: readonly NameIn<Declared>[]
  /** Older values count as missing; no limit by default. */
  readonly ttl?: Duration
  readonly features?: Features
  readonly aggregations?: Aggregated
  readonly derived?: Made & DerivedFrom<RowOf<Declared, Features, Aggregated>, Made>
  /** Whether values are kept for reads by key; true by default. */
  readonly online?: boolean
  /** Cron, as `0 6 1 * *`: when it is brought online. */
  readonly schedule?: string
  /** Brought online when a new snapshot arrives; true by default. */
  readonly onSnapshot?: boolean
}

/** A view, or some features of it, as a service takes it. */
export interface ViewSelection {
  readonly view: FeatureViewDefinition
  readonly features?: readonly string[]
  readonly prefix?: string
}

/** A declared view; `Values` is what a row of it holds, for who reads it by key. */
export interface FeatureView<Values = Readonly<Record<string, unknown>>> {
  readonly kind: 'feature_view'
  readonly definition: FeatureViewDefinition
  /** The functions of what it derives, by feature. */
  readonly code: ReadonlyMap<string, { readonly digest: string; readonly run: unknown }>
  /** Only for the type checker: never set. */
  readonly values?: Values
  /** Some of its features, for a service. */
  features(...names: readonly (keyof Values & string)[]): ViewSelection
  /** All of it, its features named with something before them. */
  prefixed(prefix: string): ViewSelection
}

/**
 * Declares features of an entity over time. Names are checked against the columns of the data set where it declares them. Throws
 * `features_invalid` for a duration that is none, and where no column of time is known.
 */
export function featureView<
  Declared extends Columns = Record<never, Column>,
  const Features extends readonly FeatureOption<Declared>[] = readonly [],
  const Aggregated extends Aggregations<Declared> = Record<never, AggregationOptions<NameIn<Declared>>>,
  const Made extends Readonly<Record<string, AnyDerived>> = Record<never, AnyDerived>,
>(
  name: string,
  options: FeatureViewOptions<Declared, Features, Aggregated, Made>,
): FeatureView<RowOf<Declared, Features, Aggregated> & ValuesOf<Made>> {
  const { from, entity, ttl, created, schedule } = options
  const definition: FeatureViewDefinition = {
    name,
    entities: ('kind' in entity ? [entity] : entity).map((one) => one.definition.name),
    source:
      from.kind === 'dataset'
        ? { kind: 'dataset', dataset: from.definition.name }
        : { kind: 'sql', sql: from.sql, datasets: [...from.datasets] },
    keys: { ...options.keys },
    time: timeOf(name, options.time ?? (from.kind === 'dataset' ? from.definition.time : undefined)),
    ...(created === undefined ? {} : { created }),
    ties: [...(options.ties ?? [])],
    ttl_seconds: ttl === undefined ? null : ttlOf(name, ttl),
    features: (options.features ?? []).map(toFeature),
    aggregations: Object.entries<AggregationOptions>(options.aggregations ?? {}).map(([feature, { of, as, over }]) => ({
      name: feature,
      ...(of === undefined ? {} : { column: of }),
      function: as,
      window_seconds: windowOf(name, feature, over),
    })),
    derived: [],
    online: options.online ?? true,
    ...(schedule === undefined ? {} : { schedule }),
    on_snapshot: options.onSnapshot ?? true,
    ...aboutOf(options),
  }
  const known = [...definition.features, ...definition.aggregations].map((feature) => feature.name)
  const code = new Map<string, { readonly digest: string; readonly run: unknown }>()
  for (const [feature, made] of Object.entries<AnyDerived>(options.derived ?? {})) {
    const { type, sql } = made
    const inputs = [...(made.inputs ?? namedIn(sql ?? '', known))]
    if (inputs.length === 0) {
      throw invalid(
        name,
        `${feature} is derived from no feature of it`,
        `${feature} n’est dérivée d’aucune de ses variables`,
      )
    }
    definition.derived.push({
      name: feature,
      type,
      inputs,
      ...(sql === undefined ? {} : { sql }),
      ...(made.code === undefined ? {} : { code: made.code }),
    })
    if (made.code !== undefined) code.set(feature, { digest: made.code, run: made.run })
  }
  return {
    kind: 'feature_view',
    definition,
    code,
    features: (...names) => ({ view: definition, features: names }),
    prefixed: (prefix) => ({ view: definition, prefix }),
  }
}

function toFeature(option: string | RenamedFeature): FeatureViewDefinition['features'][number] {
  if (typeof option === 'string') return { name: option }
  const { name, column, description } = option
  return {
    name,
    ...(column === undefined ? {} : { column }),
    ...(description === undefined ? {} : { description }),
  }
}

function timeOf(view: string, time: string | undefined): string {
  if (time !== undefined) return time
  throw invalid(
    view,
    'the column of its time has to be named: its data set declares none',
    'la colonne de son temps est à nommer : son jeu de données n’en déclare pas',
  )
}

/** In seconds: above 0. */
function ttlOf(view: string, ttl: Duration): number {
  const seconds = secondsOf(view, 'ttl', ttl)
  if (seconds > 0) return seconds
  throw invalid(
    view,
    `ttl is ${JSON.stringify(ttl)}; it has to be above 0, and is left out where values never grow too old`,
    `ttl vaut ${JSON.stringify(ttl)} ; il doit être supérieur à 0, et s’omet quand les valeurs ne vieillissent jamais`,
  )
}

/** In seconds: from 1 hour to 365 days. */
function windowOf(view: string, feature: string, over: Duration): number {
  const seconds = secondsOf(view, feature, over)
  if (Number.isInteger(seconds) && seconds >= 3_600 && seconds <= 365 * 86_400) return seconds
  throw invalid(
    view,
    `${feature} is over ${JSON.stringify(over)}; windows are whole seconds, from 1h to 365d`,
    `${feature} porte sur ${JSON.stringify(over)} ; une fenêtre est un nombre entier de secondes, de 1h à 365d`,
  )
}

function secondsOf(view: string, place: string, duration: Duration): number {
  const seconds = typeof duration === 'number' ? duration : parseDuration(duration)
  if (seconds !== undefined) return seconds
  const shown = JSON.stringify(duration)
  throw invalid(
    view,
    `${place} is ${shown}, which is no duration as 90d, 36h, 15m or 30s`,
    `${place} vaut ${shown}, qui n’est pas une durée comme 90d, 36h, 15m ou 30s`,
  )
}

function invalid(view: string, reason: string, reasonFr: string): FabriqueError {
  const params = { kind: 'Feature view', kind_fr: 'La vue', name: view, reason, reason_fr: reasonFr }
  return new FabriqueError('features_invalid', params)
}
