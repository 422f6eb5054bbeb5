import type {
  MonitorAction,
  MonitorCheck,
  MonitorCurrent,
  MonitorDefinition,
  MonitorDefinitionInput,
  MonitorReference,
  MonitorSegment,
} from '@fabrique/contract'
import { parseNumber } from '../../i18n/parse-number.js'
import { embeddingsText, readEmbeddings } from './embedding-lines.js'

/** What one limit of a figure is typed as; its column and its severity, which have no field, go with it. */
export interface CheckDraft extends Pick<MonitorCheck, 'kind' | 'metric' | 'column' | 'severity'> {
  readonly min: string
  readonly max: string
}

export const scheduleChoices = ['none', 'hourly', 'daily', 'weekly', 'monthly', 'cron'] as const
export type ScheduleChoice = (typeof scheduleChoices)[number]

const crons: Readonly<Record<Exclude<ScheduleChoice, 'none' | 'cron'>, string>> = {
  hourly: '0 * * * *',
  daily: '0 6 * * *',
  weekly: '0 6 * * 1',
  monthly: '0 6 1 * *',
}

/** The choice that a pattern stands for; other times are `cron`. */
export const scheduleChoiceOf = (cron: string): Exclude<ScheduleChoice, 'none'> =>
  (['hourly', 'daily', 'weekly', 'monthly'] as const).find((choice) => crons[choice] === cron) ?? 'cron'

/** Actions that are on or off; a flow has a name beside. */
export const plainDoings = ['finding', 'alert', 'block_promotion', 'roll_back'] as const
export type PlainDoing = (typeof plainDoings)[number]

/** Whether something follows that rests after it was done; what needs a model does not follow without. */
export const hasRest = ({ doings, flow, model }: Pick<MonitorDraft, 'doings' | 'flow' | 'model'>): boolean =>
  flow !== '' || doings.includes('alert') || (doings.includes('roll_back') && model !== '')

/** The fields of the form, as they are typed. */
export interface MonitorDraft {
  readonly name: string
  readonly description: string
  readonly project: string
  readonly what: MonitorCurrent['kind']
  readonly dataset: string
  readonly ref: string
  readonly model: string
  readonly version: string
  readonly days: string
  readonly against: MonitorReference['kind']
  readonly alias: string
  readonly snapshot: string
  readonly period: string
  readonly offset: string
  readonly columns: string
  readonly embeddings: string
  readonly mode: MonitorDefinition['mode']
  readonly rowsMin: string
  readonly together: boolean
  readonly segments: string
  readonly target: string
  readonly prediction: string
  readonly schedule: ScheduleChoice
  readonly cron: string
  readonly timezone: string
  readonly afterSnapshot: boolean
  readonly checks: readonly CheckDraft[]
  readonly doings: readonly PlainDoing[]
  /** `each`: every action keeps its own. */
  readonly from: MonitorAction['from'] | 'each'
  readonly flow: string
  readonly coolDown: string
}

export function firstDraft({ project, timezone }: Pick<MonitorDraft, 'project' | 'timezone'>): MonitorDraft {
  return {
    name: '',
    description: '',
    project,
    what: 'snapshot',
    dataset: '',
    ref: 'latest',
    model: '',
    version: '',
    days: '7',
    against: 'snapshot',
    alias: 'champion',
    snapshot: '',
    period: '30',
    offset: '0',
    columns: '',
    embeddings: '',
    mode: 'calibrated',
    rowsMin: '100',
    together: false,
    segments: '',
    target: '',
    prediction: '',
    schedule: 'none',
    cron: '',
    timezone,
    afterSnapshot: false,
    checks: [],
    doings: ['finding'],
    from: 'alarm',
    flow: '',
    coolDown: '1440',
  }
}

/** The form of a monitor that is there. */
export function draftOf(
  { project, definition }: { readonly project: string; readonly definition: MonitorDefinition },
  timezone: string,
): MonitorDraft {
  const { current, reference, schedule, actions } = definition
  return {
    ...firstDraft({ project, timezone: schedule?.timezone ?? timezone }),
    name: definition.name,
    description: definition.description,
    model: definition.model ?? '',
    ...sidesDraft(current, reference),
    columns: columnsText(definition),
    embeddings: embeddingsText(definition),
    mode: definition.mode,
    rowsMin: String(definition.rows_min),
    together: (definition.multivariate ?? false) !== false,
    segments: segmentsText(definition),
    target: definition.target ?? '',
    prediction: definition.prediction ?? '',
    schedule: schedule === undefined ? 'none' : scheduleChoiceOf(schedule.cron),
    cron: schedule?.cron ?? '',
    afterSnapshot: definition.after_snapshot,
    checks: definition.checks.map(({ min, max, ...check }) => ({
      ...check,
      min: min === undefined ? '' : String(min),
      max: max === undefined ? '' : String(max),
    })),
    doings: plainDoings.filter((doing) => actions.some((action) => action.do === doing)),
    from: actions.every(({ from }) => from === actions[0]?.from) ? (actions[0]?.from ?? 'alarm') : 'each',
    flow: actions.find((action) => action.do === 'flow')?.flow ?? '',
    coolDown: String(definition.cool_down_minutes),
  }
}

const columnsText = ({ columns = [] }: Pick<MonitorDefinition, 'columns'>): string => columns.join(', ')

/** Names may hold commas: those that were not touched are not taken apart. */
function readColumns(text: string, before: MonitorDefinition | undefined): readonly string[] {
  if (before !== undefined && text === columnsText(before)) return before.columns ?? []
  return namesIn(text)
}

const segmentsText = ({ segments = [] }: Pick<MonitorDefinition, 'segments'>): string =>
  segments.map(columnOf).join(', ')

const columnOf = (segment: MonitorSegment): string => (typeof segment === 'string' ? segment : segment.column)

/** What was typed as names; bins have no field, so they stay with their column. */
function readSegments(text: string, before: MonitorDefinition | undefined): MonitorSegment[] {
  const earlier = before?.segments ?? []
  if (before !== undefined && text === segmentsText(before)) return [...earlier]
  return namesIn(text).map((name) => earlier.find((segment) => columnOf(segment) === name) ?? name)
}

function namesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function sidesDraft(current: MonitorCurrent, reference: MonitorReference): Partial<MonitorDraft> {
  return {
    what: current.kind,
    ...(current.kind === 'snapshot'
      ? { dataset: current.dataset, ref: current.ref }
      : { days: String(current.days), version: current.version ?? '' }),
    against: reference.kind,
    ...(reference.kind === 'training' ? { alias: reference.alias } : {}),
    ...(reference.kind === 'snapshot' ? { snapshot: reference.snapshot } : {}),
    ...(reference.kind === 'window' ? { period: String(reference.days), offset: String(reference.offset_days) } : {}),
  }
}

export type DraftProblem = 'needed' | 'number' | 'lines'
export type DraftProblems = { readonly [Field in keyof MonitorDraft]?: DraftProblem | undefined }

/** References that go with what is looked at. */
export function referencesFor({
  what,
  model,
}: Pick<MonitorDraft, 'what' | 'model'>): readonly MonitorDraft['against'][] {
  return [
    ...(model === '' ? [] : (['training'] as const)),
    'snapshot' as const,
    ...(what === 'predictions' ? (['window'] as const) : []),
  ]
}

export interface Sides {
  readonly current: MonitorCurrent
  readonly reference: MonitorReference
}

/** What stands in the form as numbers and texts; a problem for each field that cannot be read. */
function reader(draft: MonitorDraft) {
  const problems: Partial<Record<keyof MonitorDraft, DraftProblem>> = {}
  return {
    problems,
    number: (field: 'days' | 'period' | 'offset' | 'rowsMin' | 'coolDown'): number => {
      const value = parseNumber(draft[field])
      if (value === undefined || value < 0) problems[field] = 'number'
      return value ?? 0
    },
    text: (field: 'name' | 'project' | 'dataset' | 'model' | 'snapshot' | 'cron' | 'target' | 'prediction'): string => {
      const value = draft[field].trim()
      if (value === '') problems[field] = 'needed'
      return value
    },
  }
}

function sidesOf(draft: MonitorDraft, read: ReturnType<typeof reader>): Sides {
  const version = draft.version.trim()
  const current: MonitorCurrent =
    draft.what === 'snapshot'
      ? { kind: 'snapshot', dataset: read.text('dataset'), ref: draft.ref.trim() || 'latest' }
      : { kind: 'predictions', days: read.number('days'), ...(version === '' ? {} : { version }) }
  if (draft.what === 'predictions') read.text('model')
  const references = referencesFor(draft)
  const against = references.includes(draft.against) ? draft.against : 'snapshot'
  if (against === 'training')
    return { current, reference: { kind: 'training', alias: draft.alias.trim() || 'champion' } }
  if (against === 'snapshot') return { current, reference: { kind: 'snapshot', snapshot: read.text('snapshot') } }
  const reference = { kind: 'window', days: read.number('period'), offset_days: read.number('offset') } as const
  return { current, reference }
}

/** Both sides alone, as for one run. */
export function readSides(draft: MonitorDraft): { readonly sides: Sides; readonly problems: DraftProblems } {
  const read = reader(draft)
  return { sides: sidesOf(draft, read), problems: read.problems }
}

/** The monitor that the form describes. What the form has no field for is kept of the one `before`. */
export function readDraft(
  draft: MonitorDraft,
  before?: MonitorDefinition,
): { readonly definition: MonitorDefinitionInput; readonly problems: DraftProblems } {
  const read = reader(draft)
  const sides = sidesOf(draft, read)
  const columns = readColumns(draft.columns, before)
  const schedule =
    draft.schedule === 'none' ? undefined : draft.schedule === 'cron' ? read.text('cron') : crons[draft.schedule]
  const model = draft.model.trim()
  const checks = readChecks(draft, () => {
    read.problems.checks = 'number'
  })
  const { kept, parts } = readParts(draft, before, read)
  return {
    definition: {
      ...kept,
      name: read.text('name'),
      description: draft.description.trim(),
      ...(model === '' ? {} : { model }),
      ...sides,
      ...(columns.length === 0 ? {} : { columns: [...columns] }),
      ...parts,
      mode: draft.mode,
      rows_min: read.number('rowsMin'),
      ...(schedule === undefined ? {} : { schedule: { cron: schedule, timezone: draft.timezone } }),
      after_snapshot: draft.what === 'snapshot' && draft.afterSnapshot,
      checks,
      actions: readActions(draft, before),
      cool_down_minutes: read.number('coolDown'),
    },
    problems: read.problems,
  }
}

/** What is looked at beside single columns; and what the form has no field for. */
function readParts(draft: MonitorDraft, before: MonitorDefinition | undefined, read: ReturnType<typeof reader>) {
  const {
    model,
    columns,
    schedule,
    segments,
    segment_metric,
    multivariate,
    target,
    prediction,
    embeddings: _,
    ...kept
  } = before ?? {}
  const embeddings = readEmbeddings(draft.embeddings, before)
  if (embeddings === undefined) read.problems.embeddings = 'lines'
  const parting = readSegments(draft.segments, before)
  const isNeeded = parting.length > 0 && draft.what === 'snapshot'
  const [answers, predicted] = isNeeded
    ? [read.text('target'), read.text('prediction')]
    : [draft.target.trim(), draft.prediction.trim()]
  const parts = {
    ...(Object.keys(embeddings ?? {}).length === 0 ? {} : { embeddings }),
    ...(answers === '' ? {} : { target: answers }),
    ...(predicted === '' ? {} : { prediction: predicted }),
    ...(parting.length === 0 ? {} : { segments: parting, ...(segment_metric === undefined ? {} : { segment_metric }) }),
    ...(draft.together
      ? { multivariate: multivariate === undefined || multivariate === false ? true : multivariate }
      : {}),
  }
  return { kept, parts }
}

function readChecks(draft: MonitorDraft, onProblem: () => void): MonitorCheck[] {
  return draft.checks.map(({ kind, metric, column, severity, min, max }) => {
    const [low, high] = [min, max].map((bound) => (bound.trim() === '' ? undefined : parseNumber(bound)))
    const isWrong = (min.trim() !== '' && low === undefined) || (max.trim() !== '' && high === undefined)
    if (isWrong || metric.trim() === '' || (low === undefined && high === undefined)) onProblem()
    return {
      kind,
      metric: metric.trim(),
      ...(column === undefined ? {} : { column }),
      ...(low === undefined ? {} : { min: low }),
      ...(high === undefined ? {} : { max: high }),
      severity,
    }
  })
}

/**
 * Actions stay in their order, which is that of being done. Blocking and rolling back need a model; flows beyond the first have no field,
 * so they stay.
 */
function readActions(
  { doings, from, flow, model }: MonitorDraft,
  before: MonitorDefinition | undefined,
): MonitorAction[] {
  const earlier = before?.actions ?? []
  const flows = earlier.filter((action) => action.do === 'flow')
  const plain = plainDoings.filter(
    (doing) => doings.includes(doing) && (model.trim() !== '' || doing === 'finding' || doing === 'alert'),
  )
  const named = flows.find((action) => action.flow === flow)
  const chosen: readonly MonitorAction[] =
    flow === '' ? [] : [named ?? { do: 'flow', flow, params: {}, from: flows[0]?.from ?? 'alarm' }]
  const actions = [
    ...earlier.flatMap((action) => {
      if (action.do !== 'flow') return plain.includes(action.do) ? [action] : []
      if (action === flows[0]) return chosen
      return action === named ? [] : [action]
    }),
    ...plain
      .filter((doing) => earlier.every((action) => action.do !== doing))
      .map((doing) => ({ do: doing, from: 'alarm' as const })),
    ...(flows.length === 0 ? chosen : []),
  ]
  return from === 'each' ? actions : actions.map((action) => ({ ...action, from }))
}
