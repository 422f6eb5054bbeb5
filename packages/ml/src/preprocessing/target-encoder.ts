import { float32At, float64At, int32At, itemAt } from '../data/element.js'
import type { EstimatorTask, TargetOf } from '../estimators/estimator.js'
import { createPace } from '../estimators/pace.js'
import { MlError } from '../ml-error.js'
import { parameter, seedParameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { flowRows, namedFlow } from '../pipeline/flow.js'
import { asColumn, sideBySide } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Flow, Transformer, TransformerInput } from '../pipeline/pipeline.js'
import {
  addLookup,
  type Categories,
  categoryCodes,
  categoryCount,
  categoryInputs,
  categoryValues,
  learnCategories,
} from './category-columns.js'
import { foldOfRows } from './fold-rows.js'
import { mapPaced } from './map-paced.js'
import { encodeTarget } from './target-encoding.js'

export interface TargetEncoderParameters {
  readonly smooth: number | 'auto'
  readonly cv: number
  readonly shuffle: boolean
  readonly seed: number
}

export interface FittedTargetEncoder extends FittedTransformer {
  readonly columns: readonly {
    readonly categories: Categories
    /** For each value learnt (one, or one per class of three and more): by code, then the one of unseen categories. */
    readonly encodings: readonly Float32Array[]
  }[]
  /** What is added to a column's name, for each value learnt. */
  readonly suffixes: readonly string[]
}

/**
 * Each category becomes the mean of the target there, shrunk towards the mean of all. Training rows are encoded from the other folds, so
 * that no row sees its own target. Throws MlError `invalid_pipeline` without a target, `split_too_small`.
 */
export const targetEncoder: Transformer<FittedTargetEncoder, TargetEncoderParameters> = {
  kind: 'target_encoder',
  sklearnName: 'TargetEncoder',
  takes: ['text', 'number', 'dense'],
  parameters: {
    smooth: parameter('number', {
      name: 'smooth',
      sklearnName: 'smooth',
      default: 'auto',
      choices: ['auto'],
      min: 0,
      description: {
        en: 'How many rows the mean of all counts for; "auto" estimates it for each category',
        fr: 'Pour combien de lignes compte la moyenne générale ; « auto » l’estime pour chaque catégorie',
      },
    }),
    cv: parameter('integer', {
      name: 'cv',
      sklearnName: 'cv',
      default: 5,
      min: 2,
      max: 100,
      description: { en: 'Number of folds', fr: 'Nombre de plis' },
    }),
    shuffle: parameter('boolean', {
      name: 'shuffle',
      sklearnName: 'shuffle',
      default: true,
      description: {
        en: 'Whether rows are dealt to the folds at random',
        fr: 'Si les lignes sont réparties au hasard entre les plis',
      },
    }),
    seed: seedParameter,
  },
  async fit(input) {
    return fitEncoder(input)
  },
  async fitTransform(input) {
    return { fitted: await fitEncoder(input), output: await crossFitted(input) }
  },
  transform(fitted, input) {
    const names: string[] = []
    const values: Float32Array[] = []
    for (const [index, column] of categoryInputs(input, 'target_encoder').entries()) {
      const { categories, encodings } = itemAt(fitted.columns, index)
      const codes = categoryCodes(column, categories)
      for (const [position, encoding] of encodings.entries()) {
        names.push(`${column.name}${fitted.suffixes[position] ?? ''}`)
        values.push(Float32Array.from(codes, (code) => float32At(encoding, code < 0 ? encoding.length - 1 : code)))
      }
    }
    return namedFlow(names, values, flowRows(input))
  },
  addToGraph({ columns }, graph, flow) {
    const parts = categoryValues(graph, flow).flatMap((value, index) => {
      const { categories, encodings } = itemAt(columns, index)
      return encodings.map((encoding) => asColumn(graph, addLookup(graph, value, categories, encoding)))
    })
    return { kind: 'dense', value: sideBySide(graph, parts), columnCount: parts.length }
  },
}

async function fitEncoder({
  input,
  target,
  signal,
  parameters = {},
}: TransformerInput<Flow>): Promise<FittedTargetEncoder> {
  const { smooth } = resolveParameters<TargetEncoderParameters>(targetEncoder.parameters, parameters)
  const learnt = learntValues(target)
  const columns = await mapPaced(categoryInputs(input, 'target_encoder'), { input, signal }, (column) => {
    const categories = learnCategories(column)
    const codes = categoryCodes(column, categories)
    const count = categoryCount(categories)
    const encodings = learnt.map(({ values }) =>
      Float32Array.from(encodeTarget({ codes, count, values, smooth, rows: null })),
    )
    return { categories, encodings }
  })
  return { kind: 'target_encoder', columns, suffixes: learnt.map(({ suffix }) => suffix) }
}

/** Each fold from the rows of the others. */
async function crossFitted({ input, target, signal, parameters = {} }: TransformerInput<Flow>): Promise<Flow> {
  const pace = createPace(signal)
  const resolved = resolveParameters<TargetEncoderParameters>(targetEncoder.parameters, parameters)
  const rowCount = flowRows(input)
  const classCodes = target?.kind === 'classes' ? target.labels.codes : null
  const folds = foldOfRows(rowCount, classCodes, { ...resolved, foldCount: resolved.cv })
  const names: string[] = []
  const encoded: Float32Array[] = []
  for (const column of categoryInputs(input, 'target_encoder')) {
    const categories = learnCategories(column)
    const codes = categoryCodes(column, categories)
    for (const { values, suffix } of learntValues(target)) {
      const result = new Float32Array(rowCount)
      for (let fold = 0; fold < resolved.cv; fold++) {
        await pace.spend(rowCount * 10)
        const rows = folds.map((own) => (own === fold ? 0 : 1))
        const encoding = encodeTarget({
          codes,
          count: categoryCount(categories),
          values,
          smooth: resolved.smooth,
          rows,
        })
        for (let row = 0; row < rowCount; row++) {
          if (int32At(folds, row) === fold) result[row] = float64At(encoding, int32At(codes, row))
        }
      }
      names.push(`${column.name}${suffix}`)
      encoded.push(result)
    }
  }
  return namedFlow(names, encoded, rowCount)
}

/** What is averaged: the number, the second of two classes, or each of more classes. */
function learntValues(target: TargetOf[EstimatorTask]): { readonly values: Float64Array; readonly suffix: string }[] {
  if (target === null) {
    throw new MlError('invalid_pipeline', 'target_encoder learns from a target, and there is none: use another encoder')
  }
  if (target.kind === 'values') return [{ values: target.values, suffix: '' }]
  const { codes, classes } = target.labels
  const isClass = (code: number) => Float64Array.from(codes, (own) => (own === code ? 1 : 0))
  if (classes.length <= 2) return [{ values: isClass(1), suffix: '' }]
  return classes.map((name, code) => ({ values: isClass(code), suffix: `_${name}` }))
}
