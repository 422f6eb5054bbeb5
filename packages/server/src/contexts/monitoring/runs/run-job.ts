import { isFabriqueError, type Json, MonitorCurrent, MonitorDefinition, MonitorReference } from '@fabrique/contract'
import type { Said } from '@fabrique/ml/drift'
import { z } from 'zod'
import { systemActor, type VerbContext } from '../../../platform/index.js'
import { type JobHandler, type StoredError, tellStoredError } from '../../jobs/index.js'
import type { RunPlan } from '../model.js'
import type { MonitorTools } from './act.js'
import { type KeptReport, keepReport, ofJob, type RunOutcome } from './keep-report.js'

/** The kind of a job that runs a monitor. */
export const monitorJobKind = 'monitors.run'

/** What such a job is given: the monitor as it was when the run was asked for. */
export const MonitorJobInput = z.object({
  monitor: z.string(),
  project: z.string(),
  definition: MonitorDefinition,
  reference: MonitorReference,
  current: MonitorCurrent,
  origin: z.enum(['schedule', 'snapshot', 'manual', 'flow']),
  requested_by: z.string(),
})
export type MonitorJobInput = z.output<typeof MonitorJobInput>

/**
 * Runs a monitor. What keeps it from a result is a report too, and the job fails with it: no other monitor minds. Begun again after a kill it
 * is done again, but for a report that was kept already.
 */
export function monitorJob(tools: MonitorTools): JobHandler {
  return async ({ ctx: workerCtx, id, input: given, report }) => {
    const input = MonitorJobInput.parse(given)
    const { monitor, project, definition, reference, current } = input
    const kept = await ofJob(workerCtx, id)
    if (kept !== undefined) return resultOf(kept)
    // What follows from a report is done in the name of monitors, whoever asked for the run.
    const ctx: VerbContext = { ...workerCtx, actor: systemActor('monitor') }
    const plan: RunPlan = { monitor, project, definition, reference, current }
    const startedAt = ctx.clock.now().getTime()
    const of = { plan, job: id, origin: input.origin, requestedBy: input.requested_by }
    const keep = async (outcome: Omit<RunOutcome, 'plan' | 'job' | 'origin' | 'requestedBy' | 'durationMs'>) => {
      const durationMs = ctx.clock.now().getTime() - startedAt
      return keepReport({ ctx, input: { outcome: { ...of, ...outcome, durationMs }, tools } })
    }
    try {
      // Loaded at use: what estimates the losses of a model is much to load.
      const { carryOutRun } = await import('./carry-out-run.js')
      const found = await carryOutRun(ctx, plan, (name, done, total) =>
        report({ stage: 'compare', current: name, steps_done: done, steps_total: total }),
      )
      return resultOf(await keep({ ...found, error: undefined }))
    } catch (error) {
      ctx.signal?.throwIfAborted()
      if (isFabriqueError(error) && (error.code === 'database_unavailable' || error.code === 'monitor_not_found'))
        throw error
      const stored: StoredError = isFabriqueError(error)
        ? { code: error.code, params: error.params }
        : { code: 'internal_error', params: {} }
      const nothing = { reference: undefined, current: undefined, document: undefined, sha256: undefined }
      await keep({ state: 'failed', sentence: sentenceOf(stored), error: stored, ...nothing })
      throw error
    }
  }
}

const resultOf = ({ id, state }: KeptReport): Json => ({ report_id: id, state })

function sentenceOf(stored: StoredError): Said {
  return { en: tellStoredError(stored, 'en').message, fr: tellStoredError(stored, 'fr').message }
}
