import type { Json } from '@fabrique/contract'

/** What a model learns: a class, or a number. */
export type LearningTask = 'classification' | 'regression'

/** A method of learning with its parameters; `Task` is what it can learn. */
export interface Estimator<Task extends LearningTask = LearningTask> {
  /** Its name for each task, as `random_forest_classifier`. */
  readonly kinds: { readonly [Own in Task]: string }
  /** Under scikit-learn's names. */
  readonly params: Readonly<Record<string, Json>>
}

/** Parameters whose name in scikit-learn is not that in code in snake case. */
const otherNames: Readonly<Record<string, string>> = {
  C: 'C',
  seed: 'random_state',
  beta1: 'beta_1',
  beta2: 'beta_2',
}

/** `rocAuc` as `roc_auc`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A parameter under scikit-learn's own name: `nEstimators` is logged as `n_estimators`. */
export function parameterName(name: string): string {
  return Object.hasOwn(otherNames, name) ? (otherNames[name] ?? name) : snakeCase(name)
}

/** The values that an option of an estimator may have. */
type OptionValue = number | boolean | string | null | undefined | readonly number[] | Readonly<Record<string, number>>

/** An estimator with the options that were given; the others have their defaults. */
export function declareEstimator<
  Task extends LearningTask,
  Options extends { readonly [Name in keyof Options]: OptionValue },
>(kinds: Estimator<Task>['kinds'], options: Options): Estimator<Task> {
  const params: Record<string, Json> = {}
  for (const [name, value] of Object.entries<OptionValue>(options)) {
    if (value !== undefined) params[parameterName(name)] = jsonOf(value)
  }
  return { kinds, params }
}

function jsonOf(value: Exclude<OptionValue, undefined>): Json {
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? [...value] : { ...value }
}
