import { type DriftWork, FabriqueError, type Json } from '@fabrique/contract'
import { z } from 'zod'
import { plainEmbeddings } from '../sdk/embeddings.js'
import type {
  ApprovalOptions,
  CommandOptions,
  DriftStepOptions,
  FlowSteps,
  PlatformStepOptions,
  WorkerStepOptions,
} from '../sdk/flow-steps.js'
import type { Execution } from './execution.js'
import { byStep, toJsonText } from './json-text.js'
import { type MapToRun, mapStep } from './map-step.js'
import { msOf, type PerformedStep, performStep, runStep, stepOf } from './run-step.js'

/** Options of verbs as the worker needs them, with the name that is theirs by default. */
type VerbOptions = PlatformStepOptions

/** Methods are by column and by embedding; absent where nobody says. */
function comparedAs({ embeddings: given, methods }: Pick<DriftStepOptions<string>, 'embeddings' | 'methods'>) {
  if (given === undefined) return { methods }
  const { embeddings, methods: ofVectors } = plainEmbeddings(given)
  return { embeddings, methods: { ...methods, ...ofVectors } }
}

/** The steps of an execution as the function of its flow has them. Their types are those of `FlowSteps`. */
export function flowSteps(execution: Execution): FlowSteps {
  const { run } = execution
  const perform = (work: PerformedStep['work'], name: string, options: WorkerStepOptions = {}) =>
    given(
      performStep(execution, {
        step: stepOf({ name, kind: work.kind, options }),
        work,
        ...(options.retries === undefined ? {} : { retries: options.retries }),
      }),
    )
  const verb = (work: PerformedStep['work'], subject: string, options: VerbOptions = {}) =>
    perform(work, options.name ?? `${work.kind}-${subject}`, options)
  return {
    context: {
      runId: run.id,
      project: run.project,
      flow: run.flow,
      attempt: run.attempt,
      scheduledFor: new Date(run.scheduledFor),
      requestedBy: run.requestedBy,
      ...(run.event === undefined ? {} : { event: run.event }),
    },
    log: execution.lines.ofStep(),
    run: (name, action, options = {}) => given(runStep(execution, { name, action, options })),
    map: (name, items, action, options = {}) =>
      // Each item goes to the function with the index that it has.
      given(mapStep(execution, { name, items, action: action as MapToRun['action'], options })),
    async sleep(name, time) {
      const work =
        typeof time === 'object'
          ? { kind: 'sleep' as const, until: momentOf(name, time.until) }
          : { kind: 'sleep' as const, ms: msOf(name, 'its time', time) }
      await perform(work, name)
    },
    async flow(flow, ...[params = {}, options = {}]) {
      const child = typeof flow === 'string' ? flow : flow.name
      const name = options.name ?? child
      return perform({ kind: 'flow', flow: child, params: childParams(execution, child, params, name) }, name)
    },
    approve: (name, options) => given(approve(execution, name, options)),
    command: (name, command, options = {}) => perform({ kind: 'command', command, ...placeOf(options) }, name, options),
    async python(name, script, options = {}) {
      const { args = [], experiment } = options
      const more = experiment === undefined ? {} : { experiment }
      return perform({ kind: 'python', command: [script, ...args], ...placeOf(options), ...more }, name, options)
    },
    async ingest(dataset, options) {
      const name = nameOf(dataset)
      return verb({ kind: 'ingest', dataset: name }, name, options)
    },
    async validate(snapshot, options) {
      const id = snapshotOf(snapshot)
      return verb({ kind: 'validate', snapshot: id }, id, options)
    },
    async materialize(features, options) {
      const { name } = features.definition
      const what = features.kind === 'feature_view' ? { view: name } : { service: name }
      return verb({ kind: 'materialize', ...what }, name, options)
    },
    async train(model, options = {}) {
      const name = nameOf(model)
      const { snapshot } = options
      const on = snapshot === undefined ? {} : { snapshot: snapshotOf(snapshot) }
      return verb({ kind: 'train', model: name, ...on }, name, options)
    },
    async evaluate(model, options) {
      const name = nameOf(model)
      const { version, snapshot } = options
      const what = { model: name, snapshot: snapshotOf(snapshot), ...(version === undefined ? {} : { version }) }
      return verb({ kind: 'evaluate', ...what }, name, options)
    },
    async predict(model, options) {
      const name = nameOf(model)
      const { snapshot, version, alias, into, columns, maxRejected } = options
      const what = {
        model: name,
        snapshot: snapshotOf(snapshot),
        ...(version === undefined ? {} : { version }),
        ...(alias === undefined ? {} : { alias }),
        ...(into === undefined ? {} : { into }),
        ...(columns === undefined ? {} : { columns }),
        ...(maxRejected === undefined ? {} : { maxRejected }),
      }
      return verb({ kind: 'predict', ...what }, name, options)
    },
    async drift(of, options) {
      const { reference, current, trainingOf, onlyNew, columns, types } = options
      const { mode, level, effectMin, shareMin, rowsMin } = options
      const subject = nameOf(of)
      const isModel = typeof of === 'object' && of.kind === 'model'
      const { embeddings, methods } = comparedAs(options)
      const how = { onlyNew, columns, embeddings, types, methods, mode, level, effectMin, shareMin, rowsMin }
      const work = {
        kind: 'drift' as const,
        of: { kind: isModel ? ('model' as const) : ('dataset' as const), name: subject },
        reference: snapshotOf(reference),
        current: snapshotOf(current),
        ...(trainingOf === undefined ? {} : { trainingOf: nameOf(trainingOf) }),
        ...(JSON.parse(toJsonText(how, byStep(options.name ?? `drift-${subject}`))) as Partial<DriftWork>),
      }
      return verb(work, subject, options)
    },
    async promote(model, options) {
      const name = nameOf(model)
      const { version, alias } = options
      const what = { model: name, version, ...(alias === undefined ? {} : { alias }) }
      return verb({ kind: 'promote', ...what }, name, options)
    },
  }
}

/** What a step gives is JSON; its type is that of its function, or of the verb. */
const given = (json: Promise<Json | Json[]>) => json as Promise<never>

const nameOf = (declared: string | { readonly definition: { readonly name: string } }) =>
  typeof declared === 'string' ? declared : declared.definition.name

const snapshotOf = (snapshot: string | { readonly snapshot_id: string }) =>
  typeof snapshot === 'string' ? snapshot : snapshot.snapshot_id

function placeOf({ folder, environment }: CommandOptions) {
  return {
    ...(folder === undefined ? {} : { folder }),
    ...(environment === undefined ? {} : { environment }),
  }
}

function momentOf(step: string, moment: Date | string): string {
  const date = new Date(moment)
  if (!Number.isNaN(date.getTime())) return date.toISOString()
  const reason = `${String(moment)} is no moment as 2026-12-01T06:00:00Z`
  const reason_fr = `${String(moment)} n’est pas un moment comme 2026-12-01T06:00:00Z`
  throw new FabriqueError('flow_step_invalid', { step, reason, reason_fr })
}

/** Checked by the schema of the other flow before it has a run. */
function childParams(execution: Execution, flow: string, given: unknown, step: string): Record<string, Json> {
  const declared = execution.flows.get(flow)
  if (declared === undefined) {
    throw new FabriqueError('flow_not_found', { project: execution.run.project, flow })
  }
  const checked = (declared.flow.options.params ?? z.object({})).safeParse(given)
  if (!checked.success) throw paramsInvalid(flow, checked.error)
  return JSON.parse(toJsonText(given, byStep(step)))
}

/** Parameters that the schema of a flow refuses. */
export function paramsInvalid(flow: string, error: z.ZodError): FabriqueError {
  const [issue] = error.issues
  const field = z.core.toDotPath(issue?.path ?? [])
  const path = field === '' ? 'params' : `params.${field}`
  return new FabriqueError('flow_params_invalid', { flow, field: path, reason: issue?.message ?? '' }, { field: path })
}

async function approve<Form extends z.ZodObject>(
  execution: Execution,
  name: string,
  { prompt, form, timeout }: ApprovalOptions<Form>,
): Promise<Json> {
  const decided = await performStep(execution, {
    step: stepOf({ name, kind: 'approve', options: {} }),
    work: {
      kind: 'approve',
      prompt,
      // A JSON Schema is JSON.
      ...(form === undefined ? {} : { form: z.toJSONSchema(form, { io: 'input' }) as Record<string, Json> }),
      ...(timeout === undefined ? {} : { timeoutMs: msOf(name, 'timeout', timeout) }),
    },
  })
  const { values = {}, ...decision } = z.looseObject({ decision: z.string(), values: z.unknown() }).parse(decided)
  // Who rejects need not fill in the form.
  const read = form === undefined || decision.decision === 'rejected' ? values : form.parse(values)
  return { ...decision, values: read } as Json
}
