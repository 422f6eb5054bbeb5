/** A column of a relation: its name as people know it, its DuckDB type, and the SQL of its value. */
export interface RelationColumn {
  readonly name: string
  readonly type: string
  readonly sql: string
  /** SQL of the text that a number was read from, each number written in its one way. */
  readonly written?: string
}

/** Rows of the data engine. */
export interface Relation {
  /** As people know it. */
  readonly name: string
  /** What stands after `from`. */
  readonly from: string
  readonly columns: readonly RelationColumn[]
  /**
   * SQL of a whole number that grows in the order of the rows and differs between any two of them, the same each time it is read. Without
   * it the columns that are used are copied and numbered first.
   */
  readonly order?: string
  /** None of these numbers is greater or negative, where that is known: small ones are compared sooner and take less memory. */
  readonly orderMax?: number
}

/** A relation with an order of its rows. */
export type NumberedRelation = Relation & { readonly order: string }

/** The rows that get features: each at its own time. */
export interface EntityRows {
  readonly relation: Relation
  readonly time: string
  /** What is kept of it in the result, in this order; all by default. */
  readonly columns?: readonly string[]
}

/** A key by its column in the entity rows and in the rows of features. */
export interface JoinKey {
  readonly entity: string
  readonly feature: string
}

/** Features over time of what the keys name. */
export interface JoinedView {
  readonly name: string
  readonly relation: Relation
  /** One or more. A row without one of them matches nothing. */
  readonly keys: readonly JoinKey[]
  /** Column of the time when a row became true. */
  readonly time: string
  /** Column of the time when a row became known. */
  readonly created?: string
  /** Greatest age of a value; one exactly as old is kept. None, or 0, for values that never grow too old. */
  readonly ttlSeconds?: number
  /** Of rows equal in keys, time and created the greatest by these columns counts, then the last in the order of the relation. */
  readonly ties?: readonly string[]
  readonly features: readonly { readonly column: string; readonly name: string }[]
}

export interface JoinRequest {
  readonly entities: EntityRows
  readonly views: readonly JoinedView[]
  /** Only rows count that were known at the time: created no later. Each view has to have `created`. */
  readonly asKnown?: boolean
  /** Features are named `view__feature`. */
  readonly fullNames?: boolean
  /** Each view also gives `view__event_time` and `view__age`, in seconds. */
  readonly ages?: boolean
}

/** Why an entity row has no row of a view. */
export interface UnmatchedRows {
  /** A key of it is null. */
  readonly nullKey: number
  /** It has no time. */
  readonly nullTime: number
  /** No row has its keys. */
  readonly noRow: number
  /** All rows of its keys are later. */
  readonly future: number
  /** There are earlier ones, and none of them was known then. */
  readonly notKnown: number
  /** The newest is older than the time-to-live. */
  readonly expired: number
}

/** What became of the rows of a view. `matched` and `unmatched` together are all entity rows. */
export interface ViewReport {
  readonly view: string
  readonly rows: number
  readonly matched: number
  readonly unmatched: UnmatchedRows
  /** Rows of the view that can match nothing: a key, the time or, as known then, the moment of knowing is null. */
  readonly leftOut: { readonly nullKey: number; readonly nullTime: number; readonly nullCreated: number }
}

/** A join that is made and can be read. */
export interface JoinedRows {
  /** A select with one row for each entity row, in their order: its columns, then the features. */
  readonly sql: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: number
  readonly views: readonly ViewReport[]
}
