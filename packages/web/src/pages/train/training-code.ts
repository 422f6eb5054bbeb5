import type { TrainingRequestInput } from '@fabrique/contract'
import { thresholdText } from '@fabrique/contract/texts'
import { nullWord } from './parameter-text.js'
import type { TrainTexts } from './train-texts.js'

/** Where a training takes place. */
export interface TrainingPlace {
  readonly project: string
  /** Address of the server, as the browser has it. */
  readonly origin: string
}

type Words = TrainTexts['code']

/** A word of a command line for a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** The request that the form sends. */
export function curlOf(request: TrainingRequestInput, { project, origin }: TrainingPlace): string {
  return [
    `curl ${shellWord(`${origin}/api/v1/projects/${encodeURIComponent(project)}/trainings`)} \\`,
    "  -H 'content-type: application/json' \\",
    `  -d ${shellWord(JSON.stringify(request, null, 2))}`,
  ].join('\n')
}

/** The same from a terminal. What a command line has nothing of is told. */
export function cliOf(request: TrainingRequestInput, { project, origin }: TrainingPlace, words: Words): string {
  const { snapshot, features, auto, search, register, promote = 'never', promote_metric } = request
  const { split = { kind: 'random' } } = request
  const source = snapshot.startsWith('snap_') ? snapshot : `${project}/${snapshot}`
  const unsaid = [
    ...(features?.some(isUnlistable) === true ? [words.comma] : []),
    ...(split.kind === 'random' && split.stratify === false ? [words.stratify] : []),
  ]
  const flags: readonly (readonly [string, string?])[] = [
    ['--target', request.target],
    ...(request.task === undefined ? [] : [['--task', request.task] as const]),
    ...(features === undefined || features.some(isUnlistable) ? [] : [['--features', features.join(',')] as const]),
    ...(request.estimator === undefined ? [] : estimatorFlags(request.estimator)),
    ...(auto === undefined ? [] : autoFlags(auto)),
    ...(search === undefined ? [] : searchFlags(search)),
    ...(request.calibration === undefined ? [] : [['--calibrate', request.calibration] as const]),
    ...(request.threshold === undefined ? [] : [['--threshold', thresholdText(request.threshold)] as const]),
    ['--test', String(split.test_share)],
    ...(split.kind === 'time' ? [['--test-by-time', split.column] as const] : []),
    ...(split.kind === 'group' ? [['--test-by-group', split.column] as const] : []),
    ...(request.weight === undefined ? [] : [['--weight', request.weight] as const]),
    ['--seed', String(request.seed ?? 1)],
    ...(request.folds === undefined ? [] : [['--folds', String(request.folds)] as const]),
    ...(request.learning_curve === true ? [['--learning-curve'] as const] : []),
    ...(request.run_name === undefined ? [] : [['--run-name', request.run_name] as const]),
    ...(register === undefined ? [] : [['--register', register] as const]),
    ...(promote === 'never' ? [] : [['--promote', promote] as const]),
    ...(promote_metric === undefined ? [] : [['--promote-metric', promote_metric] as const]),
    ['--url', origin],
  ]
  return [
    ...unsaid.map((what) => `# ${words.noCli(what)}`),
    `fabrique train --snapshot ${shellWord(source)} \\`,
    flags.map(([flag, value]) => (value === undefined ? `  ${flag}` : `  ${flag} ${shellWord(value)}`)).join(' \\\n'),
  ].join('\n')
}

/** `--features` separates names by commas and trims them. */
const isUnlistable = (name: string) => name.includes(',') || name.trim() !== name

function estimatorFlags({ kind, params = {} }: NonNullable<TrainingRequestInput['estimator']>) {
  return [
    ['--estimator', kind] as const,
    ...Object.entries(params).map(([name, value]) => ['--param', `${name}=${flagValue(value)}`] as const),
  ]
}

function autoFlags({ budget_seconds = 60, metric }: NonNullable<TrainingRequestInput['auto']>) {
  return [
    ['--auto'] as const,
    ['--budget', String(budget_seconds)] as const,
    ...(metric === undefined ? [] : [['--metric', metric] as const]),
  ]
}

function searchFlags({ method = 'tpe', trials = 20, metric, prune }: NonNullable<TrainingRequestInput['search']>) {
  return [
    ['--search', method] as const,
    ['--trials', String(trials)] as const,
    ...(metric === undefined ? [] : [['--metric', metric] as const]),
    ...(prune === true ? [['--prune'] as const] : []),
  ]
}

/** A value of a parameter as `--param` reads it. */
function flagValue(value: unknown): string {
  if (value === null) return nullWord
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
