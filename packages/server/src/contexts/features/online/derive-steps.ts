import { type DeriveValue, deriver, type FeatureValue, type FindFeatureCode } from '../history/derive-values.js'
import { codedFeatures, featureColumn, type ViewHistory } from '../history/view-history.js'
import type { OnlineValue } from './model.js'
import { decodeSteps, encodeSteps, jsonNumber } from './steps.js'

/**
 * Gives steps with the values that code derives, each from those of its own step; undefined where the view has none. Throws
 * `feature_code_missing`, and while it works `feature_derived_failed`.
 */
export function stepDeriver(
  { view, relation }: ViewHistory,
  find: FindFeatureCode,
): ((steps: string) => string) | undefined {
  const coded = codedFeatures(view.definition)
  if (coded.length === 0) return undefined
  const types = new Map(relation.columns.map(({ name, type }) => [name, type]))
  const derivers = coded.map((feature) => ({
    place: feature.place,
    derive: deriver(find, view, feature),
    inputs: feature.inputs.map((input) => ({ ...input, type: types.get(featureColumn(input.place)) ?? '' })),
  }))
  return (text) =>
    encodeSteps(
      decodeSteps(text).map((step) => {
        const values = [...step.values]
        for (const { place, derive, inputs } of derivers) {
          values[place] = onlineValue(derive, inputs, step.values)
        }
        return { ...step, values }
      }),
    )
}

function onlineValue(
  derive: DeriveValue,
  inputs: readonly { readonly name: string; readonly place: number; readonly type: string }[],
  values: readonly OnlineValue[],
): OnlineValue {
  const value = derive(
    Object.fromEntries(inputs.map(({ name, place, type }) => [name, inputValue(values[place], type)])),
  )
  if (value instanceof Date) return value.toISOString().replace('Z', '000Z')
  return typeof value === 'number' ? jsonNumber(value) : value
}

/** A value as code gets it: what JSON has no form for is of its type again. */
function inputValue(value: OnlineValue | undefined, type: string): FeatureValue {
  if (value === undefined || value === null) return null
  if (typeof value === 'object') return JSON.stringify(value)
  if (typeof value !== 'string') return value
  if (type.startsWith('TIMESTAMP')) return new Date(value)
  return type === 'VARCHAR' || type === 'DATE' ? value : Number(value)
}
