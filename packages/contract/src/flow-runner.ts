import type { Json } from './schemas/common.js'
import type { FlowArtifact, FlowLogLevel, FlowStepKind, RetryPolicy } from './schemas/flow.js'

/**
 * What a worker and a process that runs flows of a project tell each other, as JSON messages over the channel between parent and child. The
 * worker speaks to the database; the process runs the code of the project, one run at a time. Messages go as lists. Those of the worker hold what
 * it says within one turn of its loop; so may those of the process, but the end of a step leaves it before other code runs, and `said` follows when
 * the turn is over: what belongs together can be written together. Every `call` gets one `reply`.
 */
export const flowRunnerProtocol = 3

/** So many steps a step names of those that it came after; where there were more, the oldest are left out. */
export const stepsAfterMax = 50

export interface RunnerFailure {
  readonly code: string
  readonly params: Readonly<Record<string, string | number>>
  readonly stack?: string
}

/** Result as JSON text. */
export type RunnerStepEnd =
  | { readonly kind: 'completed'; readonly result: string }
  | { readonly kind: 'failed' | 'timed_out' | 'cancelled'; readonly failure: RunnerFailure }

/** A run as its process gets it. Moments are ISO 8601. */
export interface RunnerRun {
  readonly id: string
  readonly project: string
  readonly flow: string
  readonly params: Readonly<Record<string, Json>>
  /** The schedule or trigger that it stems from, also through retries, which may compute parameters in code; of a schedule with its moment. */
  readonly startedBy?: { readonly name: string; readonly moment?: string }
  /** What the event or webhook that started it told. */
  readonly event?: Json
  readonly scheduledFor: string
  readonly requestedBy: string
  readonly attempt: number
  readonly finished: readonly { readonly name: string; readonly end: RunnerStepEnd }[]
}

/** Worker to process. */
export type ToRunner =
  | { readonly kind: 'run'; readonly run: RunnerRun }
  | { readonly kind: 'reply'; readonly call: number; readonly ok: RunnerReply }
  | { readonly kind: 'reply'; readonly call: number; readonly error: RunnerFailure }
  | { readonly kind: 'abort'; readonly reason: RunnerFailure }

/** Answer to a call: of `begin` and of steps that the worker carries out. */
export type RunnerReply =
  | { readonly kind: 'begun'; readonly attempt: number; readonly idempotencyKey: string }
  | { readonly kind: 'finished'; readonly end: RunnerStepEnd }
  /** It goes on later; the process suspends the run when nothing else of it is at work. */
  | { readonly kind: 'waiting'; readonly until?: string }
  | { readonly kind: 'done' }

export interface RunnerStep {
  readonly name: string
  readonly kind: FlowStepKind
  readonly map?: string
  readonly after?: readonly string[]
  readonly limits?: readonly string[]
  readonly cache?: { readonly key: string; readonly expiresMs: number }
  /** The process keeps it by itself; the worker ends a process whose code does not let it. */
  readonly timeoutMs?: number
}

/** What is compared, and how: of a data set its rows, of a model what it was trained on. */
export interface DriftWork {
  readonly of: { readonly kind: 'dataset' | 'model'; readonly name: string }
  /** `training`, or a snapshot: by its id, or by a tag of the data set. */
  readonly reference: string
  readonly current: string
  /** Whose training is meant, of a data set. */
  readonly trainingOf?: string
  /** Only rows whose time is later than all of the reference. */
  readonly onlyNew?: boolean
  readonly mode?: 'evidently' | 'calibrated'
  readonly columns?: readonly string[]
  /** Columns that are one vector: by name, a column of lists, or a pattern. */
  readonly embeddings?: Readonly<Record<string, string | readonly string[]>>
  readonly types?: Readonly<Record<string, 'num' | 'cat' | 'text'>>
  readonly methods?: Readonly<Record<string, string>>
  readonly level?: number
  readonly effectMin?: number
  readonly shareMin?: number
  readonly rowsMin?: number
}

/** Steps that the worker carries out by itself; each is begun and ended by it, and answered with `finished` or `waiting`. */
export type WorkerStep =
  | { readonly kind: 'sleep'; readonly ms?: number; readonly until?: string }
  | { readonly kind: 'flow'; readonly flow: string; readonly params: Readonly<Record<string, Json>> }
  | {
      readonly kind: 'approve'
      readonly prompt: string
      readonly form?: Readonly<Record<string, Json>>
      readonly timeoutMs?: number
    }
  | {
      readonly kind: 'command' | 'python'
      /** Program and arguments; of `python`, the script and its arguments. */
      readonly command: readonly string[]
      readonly folder?: string
      readonly environment?: Readonly<Record<string, string>>
      /** Experiment whose run the script logs to with an MLflow client. */
      readonly experiment?: string
    }
  | { readonly kind: 'ingest'; readonly dataset: string }
  | { readonly kind: 'validate'; readonly snapshot: string }
  | { readonly kind: 'materialize'; readonly view?: string; readonly service?: string }
  | { readonly kind: 'train'; readonly model: string; readonly snapshot?: string }
  | { readonly kind: 'evaluate'; readonly model: string; readonly version?: string; readonly snapshot: string }
  | {
      readonly kind: 'predict'
      readonly model: string
      readonly version?: string
      readonly alias?: string
      readonly snapshot: string
      readonly into?: string
      readonly columns?: readonly string[]
      readonly maxRejected?: number
    }
  | { readonly kind: 'promote'; readonly model: string; readonly version: string; readonly alias?: string }
  | ({ readonly kind: 'drift' } & DriftWork)

/** Process to worker. */
export type FromRunner =
  /** The project does not load. */
  | { readonly kind: 'broken'; readonly failure: RunnerFailure }
  /** The project is loaded. */
  | {
      readonly kind: 'ready'
      readonly protocol: number
      readonly flows: readonly { readonly name: string; readonly version: string }[]
    }
  | { readonly kind: 'call'; readonly call: number; readonly method: 'begin'; readonly step: RunnerStep }
  | {
      readonly kind: 'call'
      readonly call: number
      readonly method: 'end'
      readonly name: string
      readonly end: RunnerStepEnd
      /** The attempt failed, and the step is tried again after this. */
      readonly retryInMs?: number
    }
  /** Their functions have not begun to work, and are not going to for a while: as if they had not begun. */
  | {
      readonly kind: 'call'
      readonly call: number
      readonly method: 'giveBack'
      readonly names: readonly string[]
    }
  | {
      readonly kind: 'call'
      readonly call: number
      readonly method: 'perform'
      readonly step: RunnerStep
      readonly work: WorkerStep
      readonly retry?: RetryPolicy
    }
  /** The parameters that the code of the project computed, before the first step. */
  | {
      readonly kind: 'call'
      readonly call: number
      readonly method: 'params'
      readonly params: Readonly<Record<string, Json>>
    }
  | {
      readonly kind: 'call'
      readonly call: number
      readonly method: 'artifact'
      readonly key: string
      readonly step?: string
      readonly content: FlowArtifact['content']
    }
  | { readonly kind: 'progress'; readonly step: string; readonly done: number; readonly total?: number }
  | {
      readonly kind: 'log'
      readonly lines: readonly {
        readonly at: string
        readonly level: FlowLogLevel
        readonly step?: string
        /** Absent for what was logged. */
        readonly stream?: 'stdout' | 'stderr'
        readonly text: string
      }[]
    }
  /** All is said of this turn of the loop. */
  | { readonly kind: 'said' }
  /** Where something of the run is left behind, the process is not used again. */
  | { readonly kind: 'ended'; readonly end: RunnerEnd; readonly isClean: boolean }

export type RunnerEnd =
  | { readonly kind: 'completed'; readonly result: Json }
  /** `isFinal`: a condition of the flow says that it is not tried again. */
  | { readonly kind: 'failed'; readonly failure: RunnerFailure; readonly isFinal: boolean }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'suspended' }
