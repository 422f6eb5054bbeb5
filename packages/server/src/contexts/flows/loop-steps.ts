import { type ErrorParams, FabriqueError, isFabriqueError, type Json } from '@fabrique/contract'
import { retry } from '../../kernel/index.js'
import { databaseAway, type VerbContext } from '../../platform/index.js'
import type { FlowExecutor, FlowFailure, RunSession, StepEnd } from './engine/model.js'

/** The durable steps of a flow that is part of the program: a finished step is never run again, its result comes from the database. */
export interface FlowSteps {
  /** Runs an action once. `name` must be the same in each execution. An error of the catalogue is remembered like a result. */
  run<Result extends Json>(name: string, action: () => Promise<Result>): Promise<Result>
}

export type FlowFunction = (steps: FlowSteps, run: RunSession['run'], signal: AbortSignal) => Promise<Json>

/** Runs a function of the program as a flow, in the worker itself. */
export function executorOf(ctx: VerbContext, flow: FlowFunction): FlowExecutor {
  return async (session) => {
    try {
      const result = await flow(stepsOf(ctx, session), session.run, session.signal)
      return { kind: 'completed', result }
    } catch (error) {
      if (session.signal.aborted) return { kind: 'cancelled' }
      return { kind: 'failed', failure: failureOf(error) }
    }
  }
}

function stepsOf(ctx: VerbContext, session: RunSession): FlowSteps {
  const finished = new Map(session.run.finished.map(({ name, end }) => [name, end]))
  return {
    async run<Result extends Json>(name: string, action: () => Promise<Result>) {
      session.signal.throwIfAborted()
      const over = finished.get(name) ?? (await endOf(ctx, session, name, action))
      if (over.kind !== 'completed') throw errorOf(over.failure)
      return resultOf<Result>(over.result)
    },
  }
}

async function endOf(
  ctx: VerbContext,
  session: RunSession,
  name: string,
  action: () => Promise<Json>,
): Promise<StepEnd> {
  const begun = await session.beginStep({ name, kind: 'run' })
  if (begun.kind === 'finished') return begun.end
  const end = await act(ctx, session, name, action)
  await session.endStep(name, end)
  return end
}

async function act(
  ctx: VerbContext,
  { signal }: RunSession,
  name: string,
  action: () => Promise<Json>,
): Promise<StepEnd> {
  try {
    // A database that is away for a while is waited for: the step is safe to run again, since it is not recorded yet.
    const result = await retry(action, { ...databaseAway, signal })
    return { kind: 'completed', result: JSON.stringify(result) }
  } catch (error) {
    signal.throwIfAborted()
    const failure = failureOf(error)
    if (failure.code === 'internal_error') ctx.log.error({ step: name, err: error }, 'A step failed')
    return { kind: 'failed', failure }
  }
}

function failureOf(error: unknown): FlowFailure {
  return isFabriqueError(error) ? { code: error.code, params: error.params } : { code: 'internal_error', params: {} }
}

/** The code and its values were valid when they were written; the catalogue only grows. */
function errorOf({ code, params }: FlowFailure): FabriqueError {
  return new FabriqueError(code as 'internal_error', params as ErrorParams<'internal_error'>)
}

/** Was written from the result of the same action. */
function resultOf<Result extends Json>(text: string): Result {
  return JSON.parse(text)
}
