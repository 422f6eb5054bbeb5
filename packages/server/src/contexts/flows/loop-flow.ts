import {
  FabriqueError,
  isFabriqueError,
  type Json,
  type LoopRun,
  ModelFeatureService,
  type ValidationResult,
} from '@fabrique/contract'
import { z } from 'zod'
import type { VerbContext } from '../../platform/index.js'
import { type IngestTools, ingest, mirrorIfDeclared } from '../datasets/index.js'
import { getProject, modelOf } from '../projects/index.js'
import { setTag } from '../tracking/index.js'
import {
  type PromotionRule,
  registerTrained,
  TrainedModel,
  type TrainingTools,
  trainingSetName,
  trainModel,
} from '../training/index.js'
import { describeCheck, validateEverything } from '../validation/index.js'
import { datasetsOfLoop, type LoopFeatures, TrainingSet, withLookup } from './loop-features.js'
import type { FlowFunction, FlowSteps } from './loop-steps.js'
import { updateLoopRun } from './update-loop-run.js'

export interface LoopFlowOptions {
  readonly ctx: VerbContext
  /** The rule a project has in code, if any. */
  readonly promotionRule: (project: string, model: string) => PromotionRule | undefined
  /** What sources may use: secrets, private hosts, sources in code. */
  readonly ingestTools: IngestTools
  /** How it is trained and registered. */
  readonly trainingTools: TrainingTools
  /** For models on a feature service. */
  readonly features?: LoopFeatures
}

const LoopParams = z.object({ model: z.string() })

/** The stage at which an error of ingest shows: the source itself, or what was made of it. */
const sourceErrors = new Set(['source_not_found', 'source_empty', 'source_unreadable'])

/**
 * The loop of a model: ingest, check, train, register, promote. Where the model is on a feature service, the data sets of its features are
 * read and checked too, the training set is made by point in time, and the features are brought online before it is promoted. Each step is durable: killed at any moment, the loop goes on
 * at the first unfinished step, in the same run, with the same version.
 */
export function loopFlow(options: LoopFlowOptions): FlowFunction {
  return async (steps, run, signal) => {
    const input = { project: run.project, model: LoopParams.parse(run.params).model }
    const ctx: VerbContext = { ...options.ctx, requestId: run.id, signal }
    const loop: LoopExecution = { ...options, ctx, steps, flowRun: run.id, input, stage: 'source', made: {} }
    try {
      await runLoop(loop)
      return null
    } catch (error) {
      // Where it is cut short, it goes on elsewhere or was cancelled: it is at the stage that it was at.
      signal.throwIfAborted()
      const stage = isFabriqueError(error) && sourceErrors.has(error.code) ? 'source' : loop.stage
      await steps.run('fail', () =>
        updateLoopRun({ ctx, input: { flow_run: run.id, stage, result: { ...loop.made } } }),
      )
      throw error
    }
  }
}

/** What the loop has made so far, by name: ids, and whether and why the version was promoted. */
type Made = Readonly<Record<string, string | boolean | string[]>>

interface LoopExecution extends LoopFlowOptions {
  readonly steps: FlowSteps
  readonly flowRun: string
  readonly input: { readonly project: string; readonly model: string }
  stage: LoopRun['stage']
  made: Made
}

/** Runs one durable step at a stage. The stage is shown as running before, together with what earlier ones made. */
async function stageStep<Result extends Json>(
  loop: LoopExecution,
  stage: LoopRun['stage'],
  action: () => Promise<{ result: Result; made: Made }>,
): Promise<Result> {
  loop.stage = stage
  const { result, made } = await loop.steps.run(stage, async () => {
    await updateLoopRun({
      ctx: loop.ctx,
      input: { flow_run: loop.flowRun, stage, result: { ...loop.made } },
    })
    return action()
  })
  loop.made = { ...loop.made, ...made }
  return result
}

async function runLoop(loop: LoopExecution): Promise<void> {
  const { ctx, steps, flowRun, input } = loop
  const read = await stageStep<Json>(loop, 'snapshot', async () => {
    const project = await getProject({ ctx, input: { project: input.project } })
    const model = modelOf(project, input.model)
    const snapshots: string[] = []
    for (const dataset of datasetsOfLoop(project, model)) {
      const { snapshot } = await ingest({ ctx, input: { project: input.project, dataset, tools: loop.ingestTools } })
      await mirrorIfDeclared(ctx, snapshot.id)
      snapshots.push(snapshot.id)
    }
    const [first = ''] = snapshots
    const { feature_service: service } = model
    return service === undefined
      ? { result: first, made: { snapshot_id: first } }
      : { result: { snapshots, service }, made: { snapshot_id: first, snapshots } }
  })
  const { snapshots, service } = readAs(read)
  const [labels = ''] = snapshots
  const checked = CheckedTags.parse(await stageStep(loop, 'checks', () => checkSnapshots(ctx, snapshots)))
  const onService = service === undefined ? undefined : await trainingSetOf(loop, labels, service)
  const snapshotId = onService?.made.snapshot_id ?? labels
  // Chosen in a step of its own: a training that is run again after a crash goes on in the same run.
  const runId = await steps.run('choose-run', async () => ctx.ids.hex32())
  loop.made = { ...loop.made, run_id: runId }
  const result = TrainedModel.parse(
    await stageStep(loop, 'run', async () => {
      const trained = await trainModel({
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
      return { result: trained as Json, made: {} }
    }),
  )
  const trained =
    onService === undefined ? result : { ...result, signature: withLookup(result.signature, input.project, onService) }
  if (onService !== undefined) {
    // Before anything is promoted: what becomes champion answers at once.
    const { service, made } = onService
    const pinned = `${service.name}@${made.service_version}`
    await steps.run('materialize', async () => {
      await featuresOf(loop).materialize(ctx, { project: input.project, service: pinned, reason: flowRun })
      return null
    })
  }
  await stageStep(loop, 'model', () => registerAndPromote(loop, snapshotId, trained))
  loop.stage = 'endpoint'
  await steps.run('finish', () =>
    updateLoopRun({
      ctx,
      input: { flow_run: flowRun, stage: 'endpoint', result: { ...loop.made } },
    }),
  )
}

/** What was read, and the service that the model was on then: declared anew meanwhile, the loop goes on as it began. */
const ReadFor = z.object({ snapshots: z.array(z.string()), service: ModelFeatureService })

function readAs(read: Json): { snapshots: readonly string[]; service?: ModelFeatureService } {
  return typeof read === 'string' ? { snapshots: [read] } : ReadFor.parse(read)
}

/** Tags of the run that tell of its checks; a loop that was begun by an older version has none. */
const CheckedTags = z.record(z.string(), z.string()).nullable()

interface OnService {
  readonly service: ModelFeatureService
  readonly made: TrainingSet
}

function featuresOf({ features }: LoopExecution): LoopFeatures {
  if (features === undefined) throw new FabriqueError('internal_error', {})
  return features
}

/** The training set of a model on a feature service: its labels with the features as they were then. */
async function trainingSetOf(loop: LoopExecution, labels: string, service: ModelFeatureService): Promise<OnService> {
  const { ctx, input, flowRun } = loop
  loop.stage = 'run'
  const made = await loop.steps.run('training-set', async () => {
    await updateLoopRun({
      ctx,
      input: { flow_run: flowRun, stage: 'run', result: { ...loop.made } },
    })
    const made: TrainingSet = await featuresOf(loop).makeTrainingSet(ctx, {
      project: input.project,
      service: service.name,
      labels,
      asKnown: service.as_known,
      into: trainingSetName(input.model),
      reason: flowRun,
    })
    return made as Json
  })
  const set = TrainingSet.parse(made)
  loop.made = {
    ...loop.made,
    training_snapshot_id: set.snapshot_id,
    feature_service: `${service.name}@${set.service_version}`,
  }
  return { service, made: set }
}

/** Everything that is expected of the data. What is critical and does not hold ends the loop; warnings are shown with the run. */
async function checkSnapshots(ctx: VerbContext, snapshots: readonly string[]) {
  const validations: ValidationResult[] = []
  for (const snapshot of snapshots) {
    const found = await validateEverything({ ctx, input: { snapshot } })
    refuseCritical(found, snapshot)
    validations.push(...found)
  }
  const warnings = failingOf(validations).filter(({ expectation }) => expectation.severity === 'warning')
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

const failingOf = (validations: readonly ValidationResult[]) =>
  validations.flatMap(({ checks }) => checks.filter(({ success }) => !success))

function refuseCritical(validations: readonly ValidationResult[], snapshot: string): void {
  const critical = failingOf(validations).filter(({ expectation }) => expectation.severity === 'critical')
  const [first] = critical
  if (first === undefined) return
  throw new FabriqueError('expectations_failed', {
    snapshot,
    dataset: validations[0]?.dataset ?? '',
    evaluated: validations.reduce((sum, validation) => sum + validation.evaluated, 0),
    failed: critical.length,
    first: describeCheck(first),
  })
}

async function registerAndPromote(loop: LoopExecution, snapshot: string, trained: TrainedModel) {
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
