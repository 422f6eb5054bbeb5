import type { Json, RunnerEnd } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract'
import { z } from 'zod'
import type { DeclaredFlow } from '../sdk/flow-definition.js'
import type { Execution } from './execution.js'
import { flowSteps, paramsInvalid } from './flow-steps.js'
import { byFlow, toJsonText } from './json-text.js'
import { failureOf, StepFailure } from './step-failure.js'

/** Runs one execution of a flow to its end, or until it is to wait. Never throws. */
export async function executeFlow(execution: Execution): Promise<RunnerEnd> {
  const { run, signal } = execution
  const declared = execution.flows.get(run.flow)
  const isFinal = (error: unknown) => {
    const { retries } = declared?.flow.options ?? {}
    const condition = typeof retries === 'object' ? retries.if : undefined
    const thrown = error instanceof StepFailure && error.cause !== undefined ? error.cause : error
    return condition !== undefined && !condition(thrown)
  }
  try {
    if (declared === undefined) {
      throw new FabriqueError('flow_not_found', { project: run.project, flow: run.flow })
    }
    const ended = await Promise.race([runBody(execution, declared), execution.suspended, execution.failed])
    if (ended === 'suspended') return { kind: 'suspended' }
    return signal.aborted ? { kind: 'cancelled' } : { kind: 'completed', result: ended.result }
  } catch (error) {
    // The end of the step that failed is written before that of the run.
    await execution.settled().catch(() => {})
    if (signal.aborted) return { kind: 'cancelled' }
    return { kind: 'failed', failure: failureOf(error), isFinal: isFinal(error) }
  }
}

async function runBody(execution: Execution, declared: DeclaredFlow): Promise<{ readonly result: Json }> {
  const params = await paramsOf(execution, declared)
  // Its own schema has checked them.
  const body = declared.flow.body as (...args: readonly unknown[]) => unknown
  const value = await body(flowSteps(execution), params)
  // Steps that it did not wait for are part of the run all the same.
  await execution.idle()
  await execution.settled()
  return { result: JSON.parse(toJsonText(value, byFlow)) }
}

/** The parameters as the function takes them; those that code computes are kept with the run, before its first step. */
async function paramsOf(execution: Execution, { flow, paramsOf: byCode }: DeclaredFlow): Promise<unknown> {
  const { run } = execution
  const { name, moment } = run.startedBy ?? {}
  const code = name === undefined ? undefined : byCode.get(name)
  const isComputed = code !== undefined && run.finished.length === 0
  const given = isComputed
    ? { ...code(moment === undefined ? (run.event ?? {}) : new Date(moment)), ...run.params }
    : run.params
  const checked = (flow.options.params ?? z.object({})).safeParse(given)
  if (!checked.success) throw paramsInvalid(flow.name, checked.error)
  if (isComputed) {
    const params = JSON.parse(
      toJsonText(given, { what: 'the code of its parameters', what_fr: 'le code de ses paramètres' }),
    )
    await execution.ask({ kind: 'call', method: 'params', params })
  }
  return checked.data
}
