import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ErrorCode,
  type ErrorParams,
  errorCodes,
  exampleRequest,
  FabriqueError,
  isFabriqueError,
  type Language,
  type Loop,
  routes,
} from '@fabrique/contract'
import type { LoadedProject } from '@fabrique/server'
import type { ApiClient } from '../client/index.js'
import { formatBytes, formatScore } from './format.js'
import { messages } from './messages.js'
import type { ProgressLines } from './progress-lines.js'

const stageNames = ['source', 'snapshot', 'checks', 'run', 'model', 'endpoint'] as const
type StageName = (typeof stageNames)[number]

export interface FollowOptions {
  readonly language: Language
  readonly lines: ProgressLines
  readonly signal: AbortSignal
}

export interface FollowResult {
  /** A request that the model at /predict answers. */
  readonly example?: ReturnType<typeof exampleRequest>
  /** Why a loop failed. */
  readonly failure?: FabriqueError
}

/** Shows the loop of each model until it is done, from the same API as the pages. */
export async function followLoops(
  client: ApiClient,
  projects: readonly LoadedProject[],
  options: FollowOptions,
): Promise<FollowResult> {
  let failure: FabriqueError | undefined
  for (const { definition } of projects) {
    for (const model of definition.models) {
      failure = (await followLoop(client, { project: definition.name, model: model.name }, options)) ?? failure
      if (options.signal.aborted) return {}
    }
  }
  const { items } = await patiently(() => client.call(routes.listEndpoints), options.signal)
  const endpoint = items.find(({ is_default }) => is_default)
  const example = endpoint === undefined ? undefined : exampleRequest(endpoint.signature)
  return { ...(example === undefined ? {} : { example }), ...(failure === undefined ? {} : { failure }) }
}

const awayCodes: ReadonlySet<string> = new Set(['server_not_running', 'database_unavailable'])
const awayMsMax = 60_000

/** Asks again while a part that died is started again; gives up after a minute. */
async function patiently<Reply>(ask: () => Promise<Reply>, signal: AbortSignal): Promise<Reply> {
  const waitMs = 250
  for (let waitedMs = 0; ; waitedMs += waitMs) {
    try {
      return await ask()
    } catch (error) {
      const isAway = isFabriqueError(error) && awayCodes.has(error.code)
      if (!isAway || waitedMs >= awayMsMax || signal.aborted) throw error
      await sleep(waitMs, undefined, { signal }).catch(() => {})
    }
  }
}

/** Shows one loop until it is done; returns why it failed. With `flowRun`, waits for that run of it. */
export async function followLoop(
  client: ApiClient,
  { project, model, flowRun }: { readonly project: string; readonly model: string; readonly flowRun?: string },
  { language, lines, signal }: FollowOptions,
): Promise<FabriqueError | undefined> {
  const texts = messages(language)
  const told = new Set<StageName>()
  let titled = false
  for (;;) {
    const { items } = await patiently(() => client.call(routes.listLoops, { params: { project } }), signal)
    const loop = items.find((candidate) => candidate.model === model)
    if (loop !== undefined && (flowRun === undefined || loop.flow_run?.id === flowRun)) {
      // A loop that was over before this start has nothing to follow: one line says so.
      if (
        !titled &&
        flowRun === undefined &&
        loop.flow_run?.state === 'succeeded' &&
        loop.stages.endpoint.state === 'done'
      ) {
        const { model: trained, endpoint } = loop.stages
        const scores = trained.version === endpoint.version ? scoresOf(loop, language) : []
        lines.done(texts.stages.endpoint, [describeStage(loop, 'endpoint', language), ...scores].join('  '))
        return undefined
      }
      if (!titled) lines.note(texts.loop(model))
      titled = true
      const failed = tellStages(loop, told, lines, language)
      if (failed !== undefined || told.has('endpoint')) return failed
    }
    await sleep(100, undefined, { signal }).catch(() => {})
    if (signal.aborted) return undefined
  }
}

function tellStages(
  loop: Loop,
  told: Set<StageName>,
  lines: ProgressLines,
  language: Language,
): FabriqueError | undefined {
  const texts = messages(language)
  // A run that waits for its worker or one of an earlier start tells nothing yet.
  if (loop.flow_run === undefined || loop.flow_run.state === 'queued') return undefined
  for (const name of stageNames) {
    if (told.has(name)) continue
    const stage = loop.stages[name]
    if (stage.state === 'done' && !isPremature(loop, name)) {
      told.add(name)
      lines.done(texts.stages[name], describeStage(loop, name, language))
    } else if (stage.state === 'failed') {
      lines.failed(texts.stages[name], stage.error?.message ?? '')
      return failureOf(loop)
    } else {
      lines.busy(texts.stages[name], name === 'run' ? (loop.stages.run.line ?? '').slice(0, 60) : '')
      return undefined
    }
  }
  return undefined
}

/** A stage can be done before all that is told of it is known: the size of the source, the version that answers. */
function isPremature(loop: Loop, name: StageName): boolean {
  if (loop.flow_run?.state !== 'running') return false
  return name === 'endpoint' || (name === 'source' && loop.stages.source.bytes === undefined)
}

function failureOf(loop: Loop): FabriqueError {
  const { error } = loop.flow_run ?? {}
  const code = errorCodes.find((known) => known === error?.code) ?? 'internal_error'
  return new FabriqueError(code, (error?.params ?? {}) as ErrorParams<ErrorCode>)
}

function describeStage(loop: Loop, name: StageName, language: Language): string {
  const texts = messages(language)
  const { source, snapshot, checks, run, model, endpoint } = loop.stages
  switch (name) {
    case 'source':
      return [
        source.location,
        ...(source.bytes === undefined ? [] : [formatBytes(source.bytes, language)]),
        ...(source.others === undefined ? [] : [texts.withOthers(source.others)]),
      ].join('  ')
    case 'snapshot':
      return `${texts.rows(snapshot.rows ?? 0, snapshot.columns ?? 0)}  sha256 ${snapshot.content_hash?.slice(0, 12)}`
    case 'checks':
      return texts.checksPassed((checks.evaluated ?? 0) - (checks.failed ?? 0), checks.evaluated ?? 0)
    case 'run':
      return [
        run.name,
        ...(run.feature_service === undefined ? [] : [texts.onFeatures(run.feature_service)]),
        ...scoresOf(loop, language),
      ].join('  ')
    case 'model':
      return `${model.name}  ${model.alias === undefined ? texts.notPromoted(model.version ?? '') : texts.isChampion(model.version ?? '')}`
    case 'endpoint':
      return texts.answers(endpoint.path, endpoint.version ?? '')
  }
}

/** What the run of the newest version has on its test rows. */
function scoresOf({ stages }: Loop, language: Language): string[] {
  const texts = messages(language)
  const { metrics = {}, promote_metric: compared } = stages.run
  const { accuracy, f1_macro, r2, rmse, mae } = metrics
  const usual = ['accuracy', 'f1_macro', 'r2', 'rmse', 'mae']
  const figures = [
    // What decides comes first, under the name that it is logged with.
    ...(compared === undefined || usual.includes(compared) ? [] : [{ name: compared, value: metrics[compared] }]),
    { name: texts.accuracy, value: accuracy },
    { name: texts.macroF1, value: f1_macro },
    { name: 'R²', value: r2 },
    { name: 'RMSE', value: rmse },
    { name: 'MAE', value: mae },
  ]
  return figures.flatMap(({ name, value }) => (value === undefined ? [] : [`${name} ${formatScore(value, language)}`]))
}
