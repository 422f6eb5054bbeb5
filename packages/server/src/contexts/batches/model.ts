/** A column of the rows, with the type that the data engine has for it. */
export interface RowColumn {
  readonly name: string
  readonly type: string
}

/** A Parquet file of rows. */
export interface RowFile {
  readonly path: string
  readonly rowCount: number
}

/** Rows that a model is asked, file after file. */
export interface BatchRows {
  readonly files: readonly RowFile[]
  /** Columns of all files together; a file may lack some. */
  readonly columns: readonly RowColumn[]
}

/** What became of some rows. */
export interface RowCounts {
  readonly rows: number
  readonly predicted: number
  readonly rejected: number
}

/** A part of the answers that is on the disk. */
export interface FinishedPart extends RowCounts {
  /** Bytes of its rows, and of its rejected ones. */
  readonly bytes: number
  readonly rejectedBytes: number
}

/** How far it is. */
export interface BatchProgress {
  readonly rowsDone: number
  readonly rowsTotal: number
  /** In a second, of the rows that this process has done. */
  readonly rate: number
  readonly secondsLeft: number
}

/** Why a row has no answer, as a line of the file of rejected rows. */
export interface RejectedRow {
  /** Counted from 1, the header not among them. */
  readonly row: number
  readonly code: string
  readonly reason: string
  readonly feature?: string
}
