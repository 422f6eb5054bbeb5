import { type ColumnType, FabriqueError } from '@fabrique/contract'
import type { AppliedView } from '../registry/model.js'
import type { CodedFeature } from './view-history.js'

/** A value as code gets and gives it: days as text, moments as dates. */
export type FeatureValue = string | number | boolean | Date | null

/** Code that derives a feature from the inputs of one row, with the digest of its text. */
export interface FeatureCode {
  readonly digest: string
  readonly run: (inputs: Readonly<Record<string, FeatureValue>>) => unknown
}

/** The code of a derived feature of a project; undefined where this process has none. */
export type FindFeatureCode = (project: string, view: string, feature: string) => FeatureCode | undefined

/** Derives one feature from the inputs of a row. */
export type DeriveValue = (inputs: Readonly<Record<string, FeatureValue>>) => FeatureValue

/** The code of a feature as it was applied. Throws `feature_code_missing`; what it gives throws `feature_derived_failed`. */
export function deriver(find: FindFeatureCode, view: AppliedView, { name, digest, type }: CodedFeature): DeriveValue {
  const code = find(view.project, view.name, name)
  if (code === undefined || code.digest !== digest) {
    throw new FabriqueError('feature_code_missing', { view: view.name, feature: name })
  }
  const failed = (reason: string, reasonFr: string, cause?: unknown) =>
    new FabriqueError(
      'feature_derived_failed',
      { view: view.name, feature: name, reason, reason_fr: reasonFr },
      { cause },
    )
  return (inputs) => {
    let value: unknown
    try {
      value = code.run(inputs)
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      throw failed(said.slice(0, 500), said.slice(0, 500), error)
    }
    if (value === null || value === undefined) return null
    if (isOf(value, type)) return value
    const shown = typeof value === 'object' ? Object.prototype.toString.call(value) : String(value).slice(0, 60)
    throw failed(
      `it gave ${shown} (${typeof value}) where ${type} is declared`,
      `il a donné ${shown} (${typeof value}) alors que ${type} est déclaré`,
    )
  }
}

function isOf(value: unknown, type: ColumnType): value is FeatureValue {
  switch (type) {
    case 'number':
      return typeof value === 'number'
    case 'integer':
      return Number.isSafeInteger(value)
    case 'boolean':
      return typeof value === 'boolean'
    case 'text':
    case 'category':
      return typeof value === 'string'
    case 'timestamp':
      return value instanceof Date && !Number.isNaN(value.getTime())
    case 'date':
      return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value)
  }
}
