/** A value of a feature as it stands online: JSON, NaN and the infinities as the texts of proto3. */
export type OnlineValue =
  | string
  | number
  | boolean
  | null
  | readonly OnlineValue[]
  | { readonly [name: string]: OnlineValue }

/** What holds from a moment on. */
export interface Step {
  /** Microseconds since 1970. */
  readonly fromUs: number
  /** The newest event that it knows of; its age is counted from here. */
  readonly eventUs: number
  /** In the order of the features of the view. */
  readonly values: readonly OnlineValue[]
}

/** All that is known of a key in a view. */
export interface OnlineRow {
  /** As `encodeKey` gives it. */
  readonly key: string
  /** The newest event: of two rows of a key the one with the greater stays. */
  readonly eventUs: number
  /** Of equal events the one that was created later stays; `unknownCreated` is the lowest. */
  readonly createdUs: number
  /** As `encodeSteps` gives them. */
  readonly steps: string
}

/**
 * Rows as one text, for what makes very many of them: a line for each, `key event created steps` with tabs between. Neither keys nor steps
 * have tabs or line ends: they are JSON, or a digest.
 */
export interface RowLines {
  /** Rows. */
  readonly length: number
  readonly text: string
}

/** Created of a row that does not say when. */
export const unknownCreated = Number.MIN_SAFE_INTEGER

export interface Written {
  readonly written: number
  /** Rows that left what was there: it is newer. */
  readonly older: number
}

/** Rows of one version of a view. */
export interface KeysOfVersion {
  readonly version: number
  readonly keys: readonly string[]
}

/**
 * Where values are kept by key. Every implementation passes `test/contract/online-store.ts`. Failures of the store itself are
 * `online_store_unavailable`.
 */
export interface OnlineStore {
  /** As `postgresql` or `redis`. */
  readonly kind: string
  /**
   * Keeps each row where nothing newer is there; a row that is the same in event and creation takes the place of the other. Rows are atomic,
   * the batch is not. No key comes twice.
   */
  write(version: number, rows: readonly OnlineRow[] | RowLines): Promise<Written>
  /** The steps of each key of each version, in one round trip; undefined where there is nothing. */
  read(wanted: readonly KeysOfVersion[]): Promise<readonly (readonly (string | undefined)[])[]>
  /** Removes all rows of a version. */
  drop(version: number): Promise<void>
  /** Keys of a version. */
  count(version: number): Promise<number>
  close(): Promise<void>
}
