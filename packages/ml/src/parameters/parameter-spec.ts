/** A value that an estimator's parameter may take. */
export type ParameterValue = number | boolean | string | null

/**
 * What an estimator's parameter accepts; enough to build a form, check a value and log it.
 * - `integer`: a whole number in min..max
 * - `count_or_share`: a whole number in min..max, or a share strictly between 0 and 1
 * - `boolean`: true or false
 * - `choice`: only one of `choices`
 */
export interface ParameterSpec {
  /** Name in TypeScript, such as `nEstimators`. */
  readonly name: string
  /** The name that scikit-learn has for it, under which it is logged and given on a command line. */
  readonly sklearnName: string
  readonly type: 'integer' | 'count_or_share' | 'boolean' | 'choice'
  readonly default: ParameterValue
  /** Whether null ("no limit", "none") is a value. */
  readonly nullable: boolean
  /** Words that are accepted; for numeric types, besides numbers. */
  readonly choices: readonly string[]
  /** Bounds of a whole number, both inclusive; null where there is none. */
  readonly min: number | null
  readonly max: number | null
  readonly description: string
}

/** One entry per parameter of `Parameters`, in the order in which a form shows them. */
export type ParameterTable<Parameters> = { readonly [Name in keyof Parameters]: ParameterSpec }

/** The entries of a table as a list. */
export function parameterSpecs(table: { readonly [name: string]: ParameterSpec }): readonly ParameterSpec[] {
  return Object.values(table)
}
