import {
  type ErrorCode,
  type ErrorParams,
  errorCodes,
  errorHint,
  errorMessage,
  FabriqueError,
  type Job,
  type JobProgress,
  type JobState,
  type Json,
  type Language,
} from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'

type JobTables = {
  jobs: {
    id: string
    kind: string
    project: string | null
    subject: string
    state: JobState
    input: string
    progress: string | null
    result: string | null
    error: string | null
    reason: string
    requested_by: string
    cancel_requested: boolean
    attempts: number
    created_at: Date
    started_at: Date | null
    ended_at: Date | null
  }
}

export const jobTables = (ctx: VerbContext) => ctx.db.withTables<JobTables>()

/** An error as it is kept: its code and values, so that it is told in the language of who asks. */
export interface StoredError {
  readonly code: ErrorCode
  readonly params: Readonly<Record<string, string | number>>
}

/** A row of `jobs` as the driver gives it: it parses jsonb, which was checked when it was written. */
export interface JobRow {
  readonly id: string
  readonly kind: string
  readonly project: string | null
  readonly subject: string
  readonly state: JobState
  readonly input: unknown
  readonly progress: unknown
  readonly result: unknown
  readonly error: unknown
  readonly reason: string
  readonly requested_by: string
  readonly cancel_requested: boolean
  readonly attempts: number
  readonly created_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
}

/** An error in the words of a language. One of an older version that is gone is told as an internal error. */
export function tellStoredError(stored: StoredError, language: Language) {
  const code = errorCodes.includes(stored.code) ? stored.code : 'internal_error'
  const error = new FabriqueError(code, stored.params as ErrorParams<ErrorCode>)
  return { code, message: errorMessage(error, language), hint: errorHint(error, language) }
}

export function toJob(row: JobRow, language: Language): Job {
  return {
    id: row.id,
    kind: row.kind,
    ...(row.project === null ? {} : { project: row.project }),
    subject: row.subject,
    state: row.state,
    ...(row.progress === null ? {} : { progress: row.progress as JobProgress }),
    ...(row.result === null ? {} : { result: row.result as Json }),
    ...(row.error === null ? {} : { error: tellStoredError(row.error as StoredError, language) }),
    reason: row.reason,
    requested_by: row.requested_by,
    cancel_requested: row.cancel_requested,
    attempts: row.attempts,
    created_at: row.created_at.toISOString(),
    ...(row.started_at === null ? {} : { started_at: row.started_at.toISOString() }),
    ...(row.ended_at === null ? {} : { ended_at: row.ended_at.toISOString() }),
  }
}
