import type { NumericColumn } from '../data/design-matrix.js'
import { float32At, itemAt } from '../data/element.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { denseFlow, flowRows } from '../pipeline/flow.js'
import { asColumn, sideBySide } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Transformer } from '../pipeline/pipeline.js'
import {
  addLookup,
  type Categories,
  categoryCodes,
  categoryCount,
  categoryInputs,
  categoryValues,
  learnCategories,
} from './category-columns.js'
import { mapPaced } from './map-paced.js'

export interface OrdinalParameters {
  readonly unknownValue: number | null
  readonly encodedMissingValue: number | null
  readonly asCategories: boolean
}

export interface FittedOrdinal extends FittedTransformer {
  readonly columns: readonly { readonly categories: Categories; readonly values: Float32Array }[]
  readonly asCategories: boolean
}

/** Each category becomes its position among the ascending categories; an unseen or missing one becomes NaN unless told otherwise. */
export const ordinalEncoder: Transformer<FittedOrdinal, OrdinalParameters> = {
  kind: 'ordinal_encoder',
  sklearnName: 'OrdinalEncoder',
  takes: ['text', 'number', 'dense'],
  parameters: {
    unknownValue: parameter('number', {
      name: 'unknownValue',
      sklearnName: 'unknown_value',
      default: null,
      nullable: true,
      description: {
        en: 'What a category becomes that training did not see; null for NaN',
        fr: 'Ce que devient une catégorie absente de l’entraînement ; null pour NaN',
      },
    }),
    encodedMissingValue: parameter('number', {
      name: 'encodedMissingValue',
      sklearnName: 'encoded_missing_value',
      default: null,
      nullable: true,
      description: {
        en: 'What a missing value becomes; null for NaN',
        fr: 'Ce que devient une valeur manquante ; null pour NaN',
      },
    }),
    asCategories: parameter('boolean', {
      name: 'asCategories',
      sklearnName: 'as_categories',
      default: false,
      description: {
        en: 'Whether estimators that can take the codes as categories rather than as numbers',
        fr: 'Si les estimateurs qui le peuvent prennent les codes comme des catégories et non comme des nombres',
      },
    }),
  },
  async fit({ input, signal, parameters = {} }) {
    const resolved = resolveParameters<OrdinalParameters>(ordinalEncoder.parameters, parameters)
    const unseen = resolved.unknownValue ?? Number.NaN
    const missing = resolved.encodedMissingValue ?? Number.NaN
    const columns = await mapPaced(categoryInputs(input, 'ordinal_encoder'), { input, signal }, (column) => {
      const categories = learnCategories(column)
      const values = Float32Array.from({ length: categoryCount(categories) + 1 }, (_, code) => code)
      if (categories.hasMissing) values[values.length - 2] = missing
      values[values.length - 1] = unseen
      return { categories, values }
    })
    return { kind: 'ordinal_encoder', columns, asCategories: resolved.asCategories }
  },
  transform({ columns, asCategories }, input) {
    const encoded = categoryInputs(input, 'ordinal_encoder').map((column, index): NumericColumn => {
      const { categories, values } = itemAt(columns, index)
      const codes = categoryCodes(column, categories)
      const unseen = values.length - 1
      const result = Float32Array.from(codes, (code) => float32At(values, code < 0 ? unseen : code))
      const own = { kind: 'numeric', name: column.name, values: result } as const
      return asCategories ? { ...own, categoryCount: categoryCount({ ...categories, hasMissing: false }) } : own
    })
    return denseFlow(encoded, flowRows(input))
  },
  addToGraph({ columns }, graph, flow) {
    const parts = categoryValues(graph, flow).map((value, index) => {
      const { categories, values } = itemAt(columns, index)
      return asColumn(graph, addLookup(graph, value, categories, values))
    })
    return { kind: 'dense', value: sideBySide(graph, parts), columnCount: parts.length }
  },
}
