/** A value that an estimator's parameter may take. */
export type ParameterValue = number | boolean | string | null | readonly number[] | { readonly [name: string]: number }

/** A text in the two languages of the product. */
export interface ParameterText {
  readonly en: string
  readonly fr: string
}

/**
 * What an estimator's parameter accepts; enough to build a form, check a value, log it and search over it.
 * - `integer`: a whole number in min..max
 * - `number`: a finite number in min..max
 * - `count_or_share`: a whole number in min..max, or a share strictly between 0 and 1
 * - `boolean`: true or false
 * - `choice`: only one of `choices`
 * - `integers`: a list of whole numbers, each in min..max (layer sizes)
 * - `weights`: a finite number in min..max by name (of a class or a feature)
 */
export interface ParameterSpec {
  /** Name in TypeScript, such as `nEstimators`. */
  readonly name: string
  /** The name that scikit-learn has for it, under which it is logged and given on a command line. */
  readonly sklearnName: string
  readonly type: 'integer' | 'number' | 'count_or_share' | 'boolean' | 'choice' | 'integers' | 'weights'
  readonly default: ParameterValue
  /** Whether null ("no limit", "none") is a value. */
  readonly nullable: boolean
  /** Words that are accepted; for other types, besides their own values. */
  readonly choices: readonly string[]
  /** Bounds, both inclusive unless `isOpen`; null where there is none. */
  readonly min: number | null
  readonly max: number | null
  /** Whether a `number` must lie strictly above `min`. */
  readonly isMinOpen?: boolean
  /** Range and scale in which a search looks when it is not told otherwise; absent where it leaves the default. */
  readonly search?: { readonly low: number; readonly high: number; readonly isLog: boolean }
  readonly description: ParameterText
}

/** One entry per parameter of `Parameters`, in the order in which a form shows them. */
export type ParameterTable<Parameters> = { readonly [Name in keyof Parameters]: ParameterSpec }

/** The entries of a table as a list. */
export function parameterSpecs(table: { readonly [name: string]: ParameterSpec }): readonly ParameterSpec[] {
  return Object.values(table)
}

/** What a table gives of a parameter; the rest has its usual value. */
type SpecInput = Pick<ParameterSpec, 'name' | 'sklearnName' | 'default' | 'description'> &
  Partial<Pick<ParameterSpec, 'nullable' | 'choices' | 'min' | 'max' | 'isMinOpen' | 'search'>>

/** An entry of a table: not null, without words and bounds unless said otherwise. */
export function parameter(type: ParameterSpec['type'], input: SpecInput): ParameterSpec {
  return { type, nullable: false, choices: [], min: null, max: null, ...input }
}

/** The seed that everything random in an estimator comes from. */
export const seedParameter: ParameterSpec = parameter('integer', {
  name: 'seed',
  sklearnName: 'random_state',
  default: 0,
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
  description: {
    en: 'Start of the random numbers: the same seed gives the same model, byte by byte',
    fr: 'Départ des nombres aléatoires : la même graine donne le même modèle, octet pour octet',
  },
})
