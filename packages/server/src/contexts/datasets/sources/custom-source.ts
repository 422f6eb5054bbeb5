import type { Json, SourceFormat } from '@fabrique/contract'

/** What the function of a custom source is given. */
export interface CustomSourceContext {
  /** As the project declares them for the data set. */
  readonly options: Readonly<Record<string, Json>>
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

interface CustomPart {
  /** Where it is, for people; unique in its source and the same at the next ingest. */
  readonly name: string
  /** Changes exactly when the content may have; a part with a known mark is not read again. Without it each ingest reads. */
  readonly mark?: string
}

/** A part as a file on the machine of the worker, which stays where it is. */
export interface CustomFile extends CustomPart {
  /** Relative to the folder of the project. */
  readonly file: string
  /** By default by the name of the file: csv, parquet, json or ndjson. */
  readonly format?: SourceFormat['format'] | SourceFormat
}

/** A part as rows: each an object of texts, numbers, booleans, dates, or anything that JSON can say. */
export interface CustomRows extends CustomPart {
  rows():
    | AsyncIterable<Readonly<Record<string, unknown>>>
    | Iterable<Readonly<Record<string, unknown>>>
    | Promise<Iterable<Readonly<Record<string, unknown>>>>
}

export interface CustomListing {
  readonly parts: Iterable<CustomFile | CustomRows>
  /** `whole` by default: the snapshot consists of these parts. `added`: they come beyond those of the snapshot before. */
  readonly mode?: 'whole' | 'added'
  /** Kept for the next ingest once this one has succeeded. */
  readonly state?: Readonly<Record<string, string>>
}

/** A kind of source that a project defines in code. */
export interface CustomSource {
  readonly name: string
  /** Tells what the source holds now. What it throws ends the ingest as `source_driver_failed`. */
  list(context: CustomSourceContext): CustomListing | Promise<CustomListing>
}
