import type { FlowArtifact, FlowLogLevel, FlowRun, FlowStepKind, Json, RetryPolicy } from '@fabrique/contract'

/** Why something failed, in a form that survives the database: a code of the catalogue, or what foreign code threw. */
export interface FlowFailure {
  readonly code: string
  readonly params: Readonly<Record<string, string | number>>
  readonly stack?: string
}

/** How a step ended. A result is JSON text: it is written and handed on as it is. */
export type StepEnd =
  | { readonly kind: 'completed'; readonly result: string }
  | { readonly kind: 'failed' | 'timed_out' | 'cancelled'; readonly failure: FlowFailure }

/** A step that is over, as a run that goes on needs it. */
export interface FinishedStep {
  readonly name: string
  readonly end: StepEnd
}

/** An attempt that is over and was not the last one, as the row of its step keeps it. */
export interface StoredAttempt {
  readonly attempt: number
  readonly worker: string
  readonly started_at: string
  readonly ended_at: string
  readonly state: 'failed' | 'timed_out' | 'cancelled' | 'crashed'
  readonly error?: FlowFailure
}

/** A run as its worker has it. */
export interface ClaimedRun {
  readonly id: string
  readonly project: string
  readonly flow: string
  readonly version: string
  readonly params: Readonly<Record<string, Json>>
  readonly origin: FlowRun['origin']
  /** The schedule or trigger that it stems from, also through retries; of a schedule with its moment. */
  readonly startedBy?: { readonly name: string; readonly moment?: Date }
  /** The event that started it, with its payload; the body of the request for a webhook. */
  readonly event: Json | undefined
  readonly scheduledFor: Date
  readonly requestedBy: string
  readonly attempt: number
  readonly epoch: number
  /** Steps that are over. */
  readonly finished: readonly FinishedStep[]
}

export interface StepToBegin {
  /** Unique in the run. */
  readonly name: string
  readonly kind: FlowStepKind
  readonly map?: string
  /** Steps that were over when it began and that none between waited for; for the graph. */
  readonly after?: readonly string[]
  /** Named limits that it takes a slot of while it runs. */
  readonly limits?: readonly string[]
  /** Where a result of equal inputs may be used again: the key, and how long a new one lives. */
  readonly cache?: { readonly key: string; readonly expiresMs: number }
}

/** The answer to the wish to begin a step. */
export type BegunStep =
  | {
      readonly kind: 'begun'
      readonly attempt: number
      readonly idempotencyKey: string
      /** What an earlier execution held it with. Such a step is not begun anew: it is the same attempt. */
      readonly held?: HeldStep
    }
  /** It was over already, or its result comes from the cache. */
  | { readonly kind: 'finished'; readonly end: StepEnd }
  /** It waits. The run is to be suspended unless it has other work. */
  | { readonly kind: 'waiting'; readonly wait: Extract<StepWait, { kind: 'moment' | 'limit' }> }

/** What a step is held with: its moment, child run, job or approval, with the decision where there is one. */
export interface HeldStep {
  readonly wakeAt?: Date
  readonly childRun?: string
  readonly job?: string
  readonly approval?: {
    readonly until?: Date
    readonly decision?: 'approved' | 'rejected'
    readonly decidedBy?: string
    readonly values?: Readonly<Record<string, Json>>
    readonly comment?: string
  }
}

/** What a waiting step waits for. The row of the step tells the rest of the truth: its moment, child run, job or decision. */
export type StepWait =
  | { readonly kind: 'moment'; readonly until: Date }
  | { readonly kind: 'approval'; readonly step: string; readonly until: Date | undefined }
  | { readonly kind: 'run'; readonly run: string }
  | { readonly kind: 'job'; readonly job: string }
  | { readonly kind: 'limit'; readonly limit: string }

/** How an execution of a run ended. */
export type RunEnd =
  | { readonly kind: 'completed'; readonly result: Json; readonly isCached?: boolean }
  /** `isFinal`: a condition of the flow says that it is not tried again. */
  | { readonly kind: 'failed' | 'timed_out'; readonly failure: FlowFailure; readonly isFinal?: boolean }
  | { readonly kind: 'cancelled' }
  /** It gives its process back until one of these is there. */
  | { readonly kind: 'suspended'; readonly waits: readonly StepWait[] }
  /** Its process died. */
  | { readonly kind: 'crashed'; readonly failure: FlowFailure }

export interface LogLine {
  readonly at: Date
  readonly level: FlowLogLevel
  readonly step?: string
  readonly stream: 'log' | 'stdout' | 'stderr'
  readonly text: string
}

/**
 * A run in the hands of this worker. Each write is one statement that also looks whether the claim still holds, and throws
 * `flow_run_taken_over` where another worker has the run. A write that resolved is committed.
 */
export interface RunSession {
  readonly run: ClaimedRun
  /** Aborts when the run is cancelled, exceeds its time, was taken over, or the worker stops; the reason is a FabriqueError that says which. */
  readonly signal: AbortSignal
  /** Begins an attempt of a step, or gives what it left. */
  beginStep(step: StepToBegin): Promise<BegunStep>
  /** Ends an attempt; with `retryAt` the attempt failed and the step stays open until then. */
  endStep(name: string, end: StepEnd, retryAt?: Date): Promise<void>
  /** Takes first attempts back whose functions have not begun to work: as if those steps had not begun. */
  giveBack(names: readonly string[]): Promise<void>
  /** Lets a begun step wait: stores its moment, child, job or approval. */
  holdStep(
    name: string,
    held: {
      readonly wakeAt?: Date
      readonly childRun?: string
      readonly job?: string
      readonly approval?: {
        readonly prompt: string
        readonly form?: Readonly<Record<string, Json>>
        readonly until?: Date
      }
    },
  ): Promise<void>
  /** Keeps the parameters that the code of the project computed; called before the first step. */
  setParams(params: Readonly<Record<string, Json>>): Promise<void>
  /** How far a step is; written once a second at most, and lost with the process. */
  reportProgress(step: string, progress: { readonly done: number; readonly total?: number }): void
  /** Kept in batches; a bound on lines and bytes of a run is kept, and what goes beyond is counted. */
  log(lines: readonly LogLine[]): void
  addArtifact(key: string, step: string | undefined, content: FlowArtifact['content']): Promise<void>
  /** Waits until everything that was logged is written. */
  flush(): Promise<void>
}

/**
 * Runs one execution of a flow to its end. Built-in flows run in the worker; those of projects in a process of their own. Must not throw:
 * a death is a RunEnd. When the signal of the session aborts it ends what it started within two seconds.
 */
export type FlowExecutor = (session: RunSession) => Promise<RunEnd>

/** A flow that this worker can run. */
export interface KnownFlow {
  readonly project: string
  readonly flow: string
  readonly version: string
  readonly retry?: RetryPolicy
  readonly timeoutMs?: number
  readonly concurrency?: number
  readonly limits?: readonly string[]
  readonly cacheMs?: number
  /** Part of the program: it has places of its own in the worker. */
  readonly isBuiltIn?: true
  readonly execute: FlowExecutor
}
