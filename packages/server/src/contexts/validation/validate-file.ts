import type { Json, ResultFormat } from '@fabrique/contract'
import { type FileEngine, openFileEngine } from '../../platform/plain-files/index.js'
import { type EvaluatedExpectation, evaluateSuite, fromGxSuite, toGxResult } from './engine/index.js'

/** A plain file and the suite it is checked with. */
export interface ValidateFileInput {
  readonly path: string
  /** JSON of a suite, of Great Expectations 1.x, before, or ours. */
  readonly suite: unknown
  readonly resultFormat?: ResultFormat
  /** The moment that freshness is measured from. */
  readonly now: Date
  readonly threads: number
  readonly parameters?: Readonly<Record<string, Json>>
  /** Columns that name an unexpected row. */
  readonly indexColumns?: readonly string[]
  readonly signal?: AbortSignal
}

export interface ValidatedFile {
  readonly suite: string
  readonly success: boolean
  readonly rowCount: number
  readonly evaluated: readonly EvaluatedExpectation[]
  /** The result in the JSON of Great Expectations. */
  readonly gx: Json
}

/**
 * Checks a CSV, Parquet, JSON or NDJSON file, without a server. Errors: `suite_invalid`, `file_not_found`, `file_unreadable`,
 * `file_format_unknown`.
 */
export async function validateFile(input: ValidateFileInput): Promise<ValidatedFile> {
  const engine = await openFileEngine({ threads: input.threads })
  try {
    return await validateWith(engine, input)
  } finally {
    await engine.close()
  }
}

async function validateWith(
  engine: FileEngine,
  { path, suite: json, resultFormat = 'SUMMARY', now, parameters = {}, indexColumns = [], signal }: ValidateFileInput,
): Promise<ValidatedFile> {
  const suite = fromGxSuite(json)
  return engine.use(
    path,
    async (connection, file) => {
      const facts = { rowCount: file.rowCount }
      const evaluated = await evaluateSuite(connection, file.table, facts, suite.expectations, {
        resultFormat,
        now,
        parameters,
        unexpectedIndexColumns: indexColumns,
      })
      return {
        suite: suite.name,
        success: evaluated.every(({ success }) => success),
        rowCount: file.rowCount,
        evaluated,
        gx: toGxResult(evaluated, {
          suiteName: suite.name,
          meta: { run_time: now.toISOString(), rows: file.rowCount },
        }),
      }
    },
    signal,
  )
}
