import type { TraceState } from '@fabrique/contract'

/** Tags and metadata that have a meaning here; the names are those of MLflow. */
export const traceTags = {
  name: 'mlflow.traceName',
  artifactLocation: 'mlflow.artifactLocation',
  spansLocation: 'mlflow.trace.spansLocation',
  linkedPrompts: 'mlflow.linkedPrompts',
} as const

/** The value of `spansLocation` of a trace whose spans are in the database. */
export const spansInStore = 'TRACKING_STORE'

export const traceMetadata = {
  sourceRun: 'mlflow.sourceRun',
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  tokenUsage: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  sizeStats: 'mlflow.trace.sizeStats',
  infoFinalized: 'mlflow.trace.infoFinalized',
} as const

export type AssessmentKind = 'feedback' | 'expectation' | 'issue'

/** An assessment as it is stored. `value` is JSON text, since values may hold what the database refuses in JSON. */
export interface Assessment {
  readonly id: string
  readonly trace_id: string
  readonly kind: AssessmentKind
  readonly name: string
  readonly value: string
  readonly error: AssessmentError | null
  /** Set where a client serialised the expected value itself. */
  readonly serialization_format: string | null
  readonly source_type: string
  readonly source_id: string
  readonly span_id: string | null
  readonly run_id: string | null
  readonly rationale: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly overrides: string | null
  readonly is_valid: boolean
  readonly created_ms: number
  readonly updated_ms: number
}

export interface AssessmentError {
  readonly error_code?: string | undefined
  readonly error_message?: string | undefined
  readonly stack_trace?: string | undefined
}

/** A trace without its spans; times in milliseconds. The name stands in the tags too. */
export interface TraceInfo {
  readonly id: string
  readonly experiment_id: string
  readonly client_request_id: string | null
  readonly request_ms: number
  readonly execution_ms: number | null
  readonly state: TraceState
  readonly name: string | null
  readonly request_preview: string | null
  readonly response_preview: string | null
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, string>>
  readonly span_count: number
  readonly assessments: readonly Assessment[]
}

/** The text that the database can hold: without NUL and halves of characters. */
export function storable(text: string): string {
  return Buffer.from(text).toString().replaceAll('\0', '\ufffd')
}

/** The start of a text, without half a character at its end. */
export function cutText(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : [...text.slice(0, charsMax * 2)].slice(0, charsMax).join('')
}
