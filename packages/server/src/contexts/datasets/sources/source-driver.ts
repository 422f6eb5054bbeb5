import type { SourceDefinition, SourceFormat, SourceKind } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import type { CustomSource } from './custom-source.js'

/** What the worker lets sources use. `app` makes it from the configuration and the projects. */
export interface SourceAccess {
  /** A variable of the environment of the worker, for credentials; throws `source_secret_missing`. */
  secret(name: string): string
  /** True where an HTTP source may lead to this address although its host is private or loopback. */
  allowsPrivate(url: URL): boolean
  /** A source that a project defines in code; throws `source_driver_missing`. */
  customSource(project: string, driver: string): CustomSource
}

/** Where a driver works: the context carries the signal of a cancelled job. */
export interface SourceScope extends SourceAccess {
  readonly ctx: VerbContext
  readonly project: string
  /** Folder of the project on this machine; paths of sources are relative to it. */
  readonly folder: string
  readonly dataset: string
  /** What earlier ingests kept for this driver, as a cursor; absent before the first. */
  readonly state?: Readonly<Record<string, string>> | undefined
}

/** A file on this machine that a part of a snapshot is read from. */
export interface LocalFile {
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  /** Of a file that others may write: changes with its content, as {@link SourceItem.mark} does. Looked at again after the read. */
  readonly mark?: string | undefined
  /** Removes what was fetched; does nothing for a file that belongs to the user. */
  release(): Promise<void>
}

/** One thing of a source that becomes one part of a snapshot: a file, an object, the answer of a query. */
export interface SourceItem {
  /** Where it is, for people; unique in its source and the same in the next ingest. */
  readonly name: string
  /**
   * Changes exactly when the content may have: a hash, an entity tag, size and time. The ingest asks for the content only when it
   * does not know this mark; undefined asks each time.
   */
  readonly mark?: string | undefined
  readonly bytes?: number | undefined
  /** Of a file of this machine: it may be read before it is opened, which tells whether it was that content. */
  readonly path?: string
  readonly format: SourceFormat
  /** Brings the content to this machine, and tells how far it is. */
  open(report: (bytes: number) => void): Promise<LocalFile>
}

/** What a source holds now. */
export interface SourceListing {
  readonly items: readonly SourceItem[]
  /**
   * `whole`: the snapshot consists of these items. `added`: the items come beyond those of the snapshot before, as the new rows of a
   * query with a cursor.
   */
  readonly mode: 'whole' | 'added'
  /** Kept for the next ingest once this one has succeeded. */
  readonly state?: Readonly<Record<string, string>>
}

/** Reads one kind of source. Errors: `source_not_found`, `source_unreadable`, `source_secret_missing`. */
export interface SourceDriver<Kind extends SourceKind = SourceKind> {
  readonly kind: Kind
  list(source: Extract<SourceDefinition, { kind: Kind }>, scope: SourceScope): Promise<SourceListing>
}
