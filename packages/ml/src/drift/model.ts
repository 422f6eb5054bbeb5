/** How drift is judged: as Evidently does by default, or with thresholds that hold what they promise. */
export type DriftMode = 'evidently' | 'calibrated'

/** What a column is compared as. */
export type DriftKind = 'num' | 'cat' | 'text'

/**
 * What came of a column. Only `tested` has a decision; the others say why there is none: too few rows on a side, no values on one, another
 * type than before, a column of one side only, something that no method takes.
 */
export type DriftState = 'tested' | 'not_enough_data' | 'no_values' | 'type_changed' | 'missing_column' | 'not_testable'

/** A sentence in both languages. */
export interface Said {
  readonly en: string
  readonly fr: string
}

/** Numbers of one side: finite ones in ascending order, and how many were something else. */
export interface NumberSample {
  readonly sorted: Float64Array
  /** Rows with a finite number, where `sorted` stands for more than it holds. */
  readonly rows?: number
  readonly missing: number
  readonly infinite: number
}

/** Labels of one side and their rows. */
export interface CategoryCounts {
  readonly counts: ReadonlyMap<string, number>
  readonly missing: number
}

/** Rows of each label on both sides, labels in ascending order; numbers in that of numbers. */
export interface PairedCounts {
  readonly labels: readonly string[]
  readonly reference: Float64Array
  readonly current: Float64Array
}

/** Both sides of a column. */
export type ColumnPair =
  | {
      readonly kind: 'num'
      readonly reference: NumberSample
      readonly current: NumberSample
      /** Of an integer type on both sides: bins are then at least 1 wide. */
      readonly isWhole: boolean
    }
  | { readonly kind: 'cat'; readonly reference: CategoryCounts; readonly current: CategoryCounts }
  | { readonly kind: 'text'; readonly reference: TextSample; readonly current: TextSample }

/** Texts that each side needs: fewer make no two halves. */
export const textsMin = 10

/** Texts of one side; of very many a sample, evenly taken. */
export interface TextSample {
  readonly texts: readonly string[]
  readonly rows: number
  readonly missing: number
}

/** Vectors of one side. */
export interface VectorSample {
  /** Numbers of each; 0 where there is no vector. */
  readonly dimension: number
  /** Row after row: `dimension` numbers each, all finite; of very many rows so many at even distances. */
  readonly values: Float64Array
  /** Rows with a vector. */
  readonly rows: number
  /** Rows without one, or with one of which a number is missing or infinite. */
  readonly missing: number
  /** Rows with something else than a list of as many numbers as most have. */
  readonly others: number
  /** They are so long that too few fit into memory: none was read. */
  readonly isTooLong?: boolean
}

/** What is told of vectors beside their comparison. */
export interface ComparedVectors {
  readonly dimension: number
  /** Rows that the score is made of. */
  readonly looked: { readonly reference: number; readonly current: number }
}

/** What a column's comparison came to; columns that are one vector are one. */
export interface ColumnDrift {
  readonly name: string
  readonly type: DriftKind | 'embedding' | 'datetime' | 'unknown'
  readonly state: DriftState
  /** Name of the method, where one was used. */
  readonly method: string | null
  readonly score: number | null
  readonly threshold: number | null
  /** Null where nothing could be decided: that is never "no drift". */
  readonly drift: boolean | null
  /** Rows with a value. */
  readonly referenceRows: number
  readonly currentRows: number
  readonly missing: { readonly reference: number; readonly current: number }
  /** It should have been compared and could not be: that asks for a look as drift does. */
  readonly broken: boolean
  /** Of an embedding that was tested. */
  readonly vectors?: ComparedVectors
  /** Calibrated: the probability of as much with nothing changed, alone and with all columns in mind; and how large the difference is. */
  readonly calibration?: {
    readonly pValue: number
    readonly adjusted: number
    readonly effect: number
    readonly effectMin: number
  }
  readonly why: Said
}

/** The comparison of two tables. */
export interface DriftReport {
  readonly mode: DriftMode
  readonly referenceRows: number
  readonly currentRows: number
  readonly columns: readonly ColumnDrift[]
  readonly tested: number
  readonly drifted: number
  /** Share of the tested columns that drift; null where none could be tested. */
  readonly share: number | null
  /** Share from which the data as a whole counts as drifted; null where one column is enough. */
  readonly shareMin: number | null
  readonly datasetDrift: boolean | null
  /** Columns that should have been compared and could not be: gone, new, of another type, unreadable, without enough values on one side. */
  readonly broken: number
  readonly why: Said
}
