import { FabriqueError, type FlowRun, isFabriqueError, type Json } from '@fabrique/contract'
import { z } from 'zod'
import type { FlowFunction, FlowSteps, VerbContext } from '../../platform/index.js'
import { type IngestTools, ingest, mirrorIfDeclared } from '../datasets/index.js'
import { getProject, modelOf } from '../projects/index.js'
import { setTag } from '../tracking/index.js'
import { type PromotionRule, registerTrained, TrainedModel, type TrainingTools, trainModel } from '../training/index.js'
import { describeCheck, validateEverything } from '../validation/index.js'
import { updateFlowRun } from './update-flow-run.js'

export interface LoopFlowOptions {
  readonly ctx: VerbContext
  /** The rule a project has in code, if any. */
  readonly promotionRule: (project: string, model: string) => PromotionRule | undefined
  /** What sources may use: secrets, private hosts, sources in code. */
  readonly ingestTools: IngestTools
  /** How it is trained and registered. */
  readonly trainingTools: TrainingTools
}

const LoopInput = z.object({ project: z.string(), model: z.string() })

/** The stage at which an error of ingest shows: the source itself, or what was made of it. */
const sourceErrors = new Set(['source_not_found', 'source_empty', 'source_unreadable'])

/**
 * The loop of a model: ingest, check, train, register, promote. Each step is durable: killed at any moment, the loop goes on
 * at the first unfinished step, in the same run, with the same version.
 */
export function loopFlow(options: LoopFlowOptions): FlowFunction {
  return async (steps, flowRun, given) => {
    const input = LoopInput.parse(given)
    const ctx: VerbContext = { ...options.ctx, requestId: flowRun }
    const loop: LoopRun = { ...options, ctx, steps, flowRun, input, stage: 'source', made: {} }
    try {
      await runLoop(loop)
    } catch (error) {
      const known = isFabriqueError(error) ? error : new FabriqueError('internal_error', {}, { cause: error })
      const stage = sourceErrors.has(known.code) ? 'source' : loop.stage
      await steps.run('fail', () =>
        updateFlowRun({
          ctx,
          input: {
            flow_run: flowRun,
            state: 'failed',
            stage,
            result: { ...loop.made },
            error: { code: known.code, params: known.params },
          },
        }),
      )
    }
  }
}

/** What the loop has made so far, by name: ids, and whether and why the version was promoted. */
type Made = Readonly<Record<string, string | boolean>>

interface LoopRun extends LoopFlowOptions {
  readonly steps: FlowSteps
  readonly flowRun: string
  readonly input: z.output<typeof LoopInput>
  stage: FlowRun['stage']
  made: Made
}

/** Runs one durable step at a stage. The stage is shown as running before, together with what earlier ones made. */
async function stageStep<Result extends Json>(
  loop: LoopRun,
  stage: FlowRun['stage'],
  action: () => Promise<{ result: Result; made: Made }>,
): Promise<Result> {
  loop.stage = stage
  const { result, made } = await loop.steps.run(stage, async () => {
    await updateFlowRun({
      ctx: loop.ctx,
      input: { flow_run: loop.flowRun, state: 'running', stage, result: { ...loop.made } },
    })
    return action()
  })
  loop.made = { ...loop.made, ...made }
  return result
}

async function runLoop(loop: LoopRun): Promise<void> {
  const { ctx, steps, flowRun, input } = loop
  const snapshotId = await stageStep(loop, 'snapshot', async () => {
    const project = await getProject({ ctx, input: { project: input.project } })
    const { dataset } = modelOf(project, input.model)
    const { snapshot } = await ingest({ ctx, input: { project: input.project, dataset, tools: loop.ingestTools } })
    await mirrorIfDeclared(ctx, snapshot.id)
    return { result: snapshot.id, made: { snapshot_id: snapshot.id } }
  })
  const checked = CheckedTags.parse(await stageStep(loop, 'checks', () => checkSnapshot(ctx, snapshotId)))
  // Chosen in a step of its own: a training that is run again after a crash goes on in the same run.
  const runId = await steps.run('choose-run', async () => ctx.ids.hex32())
  loop.made = { ...loop.made, run_id: runId }
  const trained = TrainedModel.parse(
    await stageStep(loop, 'run', async () => {
      const result = await trainModel({
        ctx,
        input: {
          project: input.project,
          model: input.model,
          snapshot: snapshotId,
          run_id: runId,
          flow_run: flowRun,
          tools: loop.trainingTools,
        },
      })
      for (const [key, value] of Object.entries(checked ?? {})) {
        await setTag({ ctx, input: { run_id: runId, key, value } })
      }
      return { result: result as Json, made: {} }
    }),
  )
  await stageStep(loop, 'model', () => registerAndPromote(loop, snapshotId, trained))
  loop.stage = 'endpoint'
  await steps.run('finish', () =>
    updateFlowRun({
      ctx,
      input: { flow_run: flowRun, state: 'succeeded', stage: 'endpoint', result: { ...loop.made } },
    }),
  )
}

/** Tags of the run that tell of its checks; a loop that was begun by an older version has none. */
const CheckedTags = z.record(z.string(), z.string()).nullable()

/** Everything that is expected of the data. What is critical and does not hold ends the loop; warnings are shown with the run. */
async function checkSnapshot(ctx: VerbContext, snapshotId: string) {
  const validations = await validateEverything({ ctx, input: { snapshot: snapshotId } })
  const failing = validations.flatMap(({ checks }) => checks.filter(({ success }) => !success))
  const critical = failing.filter(({ expectation }) => expectation.severity === 'critical')
  const [first] = critical
  const evaluated = validations.reduce((sum, validation) => sum + validation.evaluated, 0)
  if (first !== undefined) {
    throw new FabriqueError('expectations_failed', {
      snapshot: snapshotId,
      dataset: validations[0]?.dataset ?? '',
      evaluated,
      failed: critical.length,
      first: describeCheck(first),
    })
  }
  const warnings = failing.filter(({ expectation }) => expectation.severity === 'warning')
  const told = warnings.slice(0, 20).map((check) => describeCheck(check).slice(0, 200))
  return {
    result: {
      'fabrique.validations': validations
        .map(({ id }) => id)
        .slice(0, 100)
        .join(' '),
      'fabrique.warnings': warnings.length === 0 ? '0' : `${warnings.length}\n${told.join('\n')}`,
    },
    made: {},
  }
}

async function registerAndPromote(loop: LoopRun, snapshot: string, trained: TrainedModel) {
  const { ctx, input } = loop
  const model = modelOf(await getProject({ ctx, input: { project: input.project } }), input.model)
  const registered = await registerTrained(ctx, loop.trainingTools, {
    model: model.name,
    snapshot,
    trained,
    promotion: model.promotion_rule
      ? { kind: 'rule', rule: loop.promotionRule(input.project, model.name) }
      : { kind: 'if_better', metric: model.promote_metric },
  })
  return { result: null, made: { ...registered } }
}
