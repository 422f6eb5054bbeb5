import type { TrainingRequestInput } from '@fabrique/contract'
import { slugPattern } from './file-name.js'
import type { TrainTexts } from './train-texts.js'

export interface ModelPlace {
  readonly dataset: string
  readonly isDeclared: boolean
  /** The columns that are features where the request names none. */
  readonly features: readonly string[]
}

type Words = TrainTexts['code']
type Entry = readonly [name: string, code: string]

/** The same as a model of a project. What a project says otherwise, or not at all, is told above. */
export function typescriptOf(request: TrainingRequestInput, place: ModelPlace, words: Words): string {
  const name = modelName(request.register ?? request.target)
  const estimator = request.estimator === undefined ? undefined : functionOf(request.estimator.kind)
  const imports = ['model', ...(estimator === undefined ? [] : [estimator])].sort()
  const features = (request.features ?? place.features).map(quoted)
  const entries: readonly Entry[] = [
    ['task', quoted(request.task ?? 'classification')],
    ['label', `column(${quoted(request.target)})`],
    ['features', `${listOf(features)}.map(column)`],
    ...learnerOf(request, estimator),
    ...(request.calibration === undefined ? [] : [['calibration', quoted(request.calibration)] as const]),
    ...(request.threshold === undefined ? [] : [['threshold', thresholdOf(request.threshold)] as const]),
    ...splitOf(request.split),
    ...(request.weight === undefined ? [] : [['weight', `column(${quoted(request.weight)})`] as const]),
    ...(request.folds === undefined ? [] : [['folds', String(request.folds)] as const]),
    ...(request.learning_curve === true ? [['learningCurve', 'true'] as const] : []),
    ['seed', String(request.seed ?? 1)],
    ...promotionOf(request),
  ]
  return [
    ...unsaidOf(request, place, name, words).map((text) => `// ${text}`),
    `import { ${imports.join(', ')} } from 'fabrique'`,
    '',
    `const column = (name: string) => ({ dataset: ${quoted(place.dataset)}, name })`,
    '',
    `export const ${constantOf(name)} = model(${quoted(name)}, {`,
    ...entries.map(([key, code]) => `  ${key}: ${code},`),
    '})',
  ].join('\n')
}

function unsaidOf(request: TrainingRequestInput, place: ModelPlace, name: string, words: Words): readonly string[] {
  const { register, snapshot, run_name } = request
  return [
    place.isDeclared ? words.inProject(place.dataset) : words.declare(place.dataset),
    ...(snapshot.startsWith('snap_') ? [words.noSdk(words.snapshot)] : []),
    ...(register === undefined ? [words.registered(name)] : []),
    ...(register === undefined || register === name ? [] : [words.noSdk(words.modelName(register))]),
    ...(run_name === undefined ? [] : [words.noSdk(words.name)]),
  ]
}

function learnerOf({ estimator, auto, search }: TrainingRequestInput, name: string | undefined): readonly Entry[] {
  if (auto !== undefined) {
    return [['auto', objectOf([['budgetSeconds', String(auto.budget_seconds ?? 60)], ...metricOf(auto.metric)])]]
  }
  if (estimator === undefined || name === undefined) return []
  const options = Object.entries(estimator.params ?? {}).map(([key, value]): Entry => [optionOf(key), literalOf(value)])
  const { method = 'tpe', trials = 20, metric, prune } = search ?? {}
  return [
    ['estimator', `${name}(${options.length === 0 ? '' : objectOf(options)})`],
    ...(search === undefined
      ? []
      : [
          [
            'search',
            objectOf([
              ['method', quoted(method)],
              ['trials', String(trials)],
              ...metricOf(metric),
              ...(prune === true ? [['prune', 'true'] as const] : []),
            ]),
          ] as const,
        ]),
  ]
}

/** A probability, or a goal with its numbers. */
function thresholdOf(threshold: NonNullable<TrainingRequestInput['threshold']>): string {
  if (threshold.goal === 'fixed') return String(threshold.value)
  const { goal, ...numbers } = threshold
  const entries = Object.entries(numbers).map(([name, value]): Entry => [camelCase(name), String(value)])
  return objectOf([['goal', quoted(camelCase(goal))], ...entries])
}

const metricOf = (metric: string | undefined): readonly Entry[] =>
  metric === undefined ? [] : [['metric', quoted(camelCase(metric))]]

function splitOf(split: TrainingRequestInput['split']): readonly Entry[] {
  const test: Entry = ['test', String(split?.test_share ?? 0.2)]
  if (split === undefined) return [test]
  if (split.kind !== 'random') {
    return [test, ['split', `{ kind: ${quoted(split.kind)}, column: column(${quoted(split.column)}) }`]]
  }
  return split.stratify === false ? [test, ['split', "{ kind: 'random', stratify: false }"]] : [test]
}

/** A project promotes what is at least as good when it is told nothing. */
function promotionOf({ register, promote = 'never', promote_metric }: TrainingRequestInput): readonly Entry[] {
  if (register === undefined || promote !== 'if_better') {
    return [['promoteWhen', `() => ${register !== undefined && promote === 'always'}`]]
  }
  return promote_metric === undefined ? [] : [['promoteMetric', quoted(camelCase(promote_metric))]]
}

/** Estimators that the SDK has one function of for both tasks. */
const ofBothTasks =
  /^(hist_gradient_boosting|random_forest|extra_trees|decision_tree|sgd|mlp|k_neighbors)_(?:classifier|regressor)$/

/** The function of the SDK for an estimator, as `randomForest`. */
export function functionOf(kind: string): string {
  return camelCase((ofBothTasks.exec(kind)?.[1] ?? kind).replace(/^hist_/, ''))
}

/** The option of the SDK for a parameter, as `nEstimators`. */
export const optionOf = (parameter: string): string => (parameter === 'random_state' ? 'seed' : camelCase(parameter))

const camelCase = (text: string) => text.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** A name that a project accepts for a model. */
function modelName(wanted: string): string {
  if (slugPattern.test(wanted)) return wanted
  const slug = wanted
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 63)
  return slug === '' ? 'model' : slug
}

function constantOf(name: string): string {
  const camel = name.replace(/[-_]+([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase())
  return /^[a-z]/.test(camel) ? `${camel}Model` : `model${camel}`
}

/** A text as a literal of TypeScript. */
export function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner}'`
}

function literalOf(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  return objectOf(Object.entries(value).map(([key, inner]) => [keyOf(key), literalOf(inner)]))
}

const keyOf = (key: string) => (/^[a-z_$][\w$]*$/i.test(key) && key !== '__proto__' ? key : quoted(key))

const objectOf = (entries: readonly Entry[]) => `{ ${entries.map(([key, code]) => `${key}: ${code}`).join(', ')} }`

const lineMax = 90

/** A list on one line where it fits, else an item to a line. */
function listOf(items: readonly string[]): string {
  const one = `[${items.join(', ')}]`
  return one.length <= lineMax ? one : `[\n${items.map((item) => `    ${item},\n`).join('')}  ]`
}
