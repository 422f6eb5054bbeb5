import type { Json, SourceDefinition, SourceFormat } from '@fabrique/contract'

/** What the function of a source is given. */
export interface SourceContext<Options extends Readonly<Record<string, Json>> = Readonly<Record<string, Json>>> {
  /** As they were given where the data set is declared. */
  readonly options: Options
  readonly project: string
  readonly dataset: string
  /** Folder of the project on the machine of the worker. */
  readonly folder: string
  /** What `list` returned as `state` at the last ingest that succeeded; absent before the first. */
  readonly state: Readonly<Record<string, string>> | undefined
  /** Aborted when the ingest is cancelled. */
  readonly signal: AbortSignal | undefined
  /** A variable of the environment of the worker, for credentials; throws when it is not set. */
  secret(name: string): string
}

interface SourcePart {
  /** Where it is, for people; unique in its source and the same at the next ingest. */
  readonly name: string
  /** Changes exactly when the content may have; a part with a known mark is not read again. Without it each ingest reads. */
  readonly mark?: string
}

/** A part as a file on the machine of the worker, which stays where it is. */
export interface SourceFile extends SourcePart {
  /** Relative to the folder of the project. */
  readonly file: string
  /** By default by the name of the file: csv, parquet, json or ndjson. */
  readonly format?: SourceFormat['format'] | SourceFormat
}

type Row = Readonly<Record<string, unknown>>

/** A part as rows: each an object of texts, numbers, booleans, dates, or anything that JSON can say. */
export interface SourceRows extends SourcePart {
  rows(): AsyncIterable<Row> | Iterable<Row> | Promise<Iterable<Row>>
}

/** What a source holds now. */
export interface SourceParts {
  readonly parts: Iterable<SourceFile | SourceRows>
  /** `whole` by default: the snapshot consists of these parts. `added`: they come beyond those of the snapshot before. */
  readonly mode?: 'whole' | 'added'
  /** Kept for the next ingest once this one has succeeded. */
  readonly state?: Readonly<Record<string, string>>
}

/** A kind of source in code; called with its options it is the source of a data set. */
export interface SourceDriver<Options extends Readonly<Record<string, Json>> = Readonly<Record<string, Json>>> {
  (...options: Record<string, never> extends Options ? [options?: Options] : [options: Options]): SourceDefinition
  readonly kind: 'source'
  readonly sourceName: string
  list(context: SourceContext<Options>): SourceParts | Promise<SourceParts>
}

/**
 * Defines a kind of source in code, for what the others do not reach. Its `list` runs in the worker at each ingest and tells the parts:
 * files, or rows that are streamed.
 * @example
 * const crm = defineSource('crm', {
 *   async list({ options, secret }: SourceContext<{ table: string }>) {
 *     return { parts: [{ name: options.table, rows: () => readTable(options.table, secret('CRM_KEY')) }] }
 *   },
 * })
 * const leads = dataset('leads', crm({ table: 'leads' }))
 * export default defineProject({ name: 'shop', sources: [crm], datasets: [leads] })
 */
export function defineSource<Options extends Readonly<Record<string, Json>> = Readonly<Record<string, Json>>>(
  name: string,
  { list }: { list(context: SourceContext<Options>): SourceParts | Promise<SourceParts> },
): SourceDriver<Options> {
  const declare = (options?: Options): SourceDefinition => ({ kind: 'custom', driver: name, options: { ...options } })
  return Object.assign(declare, { kind: 'source' as const, sourceName: name, list })
}
