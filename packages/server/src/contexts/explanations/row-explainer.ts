import type { Prediction, RowExplanation } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract/errors'
import type { Table, TableColumn } from '@fabrique/ml'
import { findContributions } from './contributions.js'
import { classCodesOf } from './explain-table.js'
import type { ExplainedModel } from './explained-model.js'
import type { RowValue } from './explainer-messages.js'

/** A model that is ready to explain rows, with the rows that it explains them against. */
export interface LoadedExplainer {
  readonly model: ExplainedModel
  readonly background: Table | undefined
}

/** What a row is predicted as, and what each column added. */
export type ExplainedRow = Pick<RowExplanation, 'prediction' | 'method' | 'outputs'>

/** Every row is explained by the same orders: the same row has the same answer. */
const seed = 1

/**
 * Explains one row. Of a classifier the class that is named, or the one that is predicted. Throws `prediction_not_finite`, `invalid_request`,
 * `explanation_refused`, or MlError `training_aborted`.
 * @param values in the order of the features of the signature
 */
export async function explainRow(
  { model, background }: LoadedExplainer,
  { values, className }: { readonly values: readonly RowValue[]; readonly className?: string | undefined },
): Promise<ExplainedRow> {
  const { signature } = model
  const rows = model.rowsOf({
    rowCount: 1,
    columns: signature.features.map(({ name, type }, index) => columnOf(name, type, values[index] ?? null)),
  })
  const prediction = await predictionOf(model, rows)
  const wanted = className ?? (signature.task === 'classification' ? String(prediction.prediction) : undefined)
  const classCodes = classCodesOf(wanted, model)
  const { method, outputs } = await findContributions(model, rows, { background, classCodes, seed })
  return {
    prediction,
    method,
    outputs: outputs.map(({ classCode, output, base, byInput, errors }) => {
      const contributions = model.inputs.map((column, index) => {
        const feature = signature.features.findIndex(({ name }) => name === column)
        const error = errors?.[index]?.[0]
        return {
          column,
          value: shown(values[feature] ?? null, signature.features[feature]?.type),
          contribution: byInput[index]?.[0] ?? 0,
          ...(error === undefined ? {} : { standard_error: error }),
        }
      })
      contributions.sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
      return {
        ...(classCode === undefined ? {} : { class: signature.target.classes[classCode] ?? '' }),
        output,
        base,
        value: contributions.reduce((sum, { contribution }) => sum + contribution, base),
        contributions,
      }
    }),
  }
}

function columnOf(name: string, type: string, value: RowValue): TableColumn {
  if (type === 'text' || type === 'category') {
    const isMissing = value === null || value === ''
    return {
      kind: 'text',
      name,
      codes: Int32Array.of(isMissing ? -1 : 0),
      categories: isMissing ? [] : [String(value)],
    }
  }
  const number = value === null ? Number.NaN : Number(value)
  return { kind: type === 'timestamp' ? 'time' : 'number', name, values: Float64Array.of(number) }
}

/** Truth values are shown as such, moments as people write them. */
function shown(value: RowValue, type: string | undefined): RowValue | boolean {
  if (typeof value !== 'number') return value === '' ? null : value
  if (type === 'boolean') return value !== 0
  if (type !== 'timestamp') return shortest(value)
  const moment = new Date(value)
  return Number.isNaN(moment.getTime()) ? value : moment.toISOString()
}

/** The fewest digits that are the same float32: files take no more of a number. */
function shortest(value: number): number {
  for (let digits = 6; digits <= 9; digits += 1) {
    const rounded = Number(value.toPrecision(digits))
    if (Math.fround(rounded) === Math.fround(value)) return rounded
  }
  return value
}

async function predictionOf({ predict, signature }: ExplainedModel, rows: Table): Promise<Prediction> {
  const predicted = await predict(rows)
  if (predicted.kind === 'values') return { prediction: finite(predicted.values[0]) }
  const { classes } = signature.target
  const named = (columns: readonly ArrayLike<number>[]) => {
    // A class may have any name, also one that an object sets its prototype by.
    const values: Record<string, number> = classes.includes('__proto__') ? Object.create(null) : {}
    for (const [code, name] of classes.entries()) values[name] = finite(columns[code]?.[0])
    return values
  }
  const prediction = classes[predicted.codes[0] ?? -1] ?? ''
  return predicted.probabilities === null
    ? { prediction, scores: named(predicted.scores ?? []) }
    : { prediction, probabilities: named(predicted.probabilities) }
}

function finite(value: number | undefined): number {
  if (value === undefined || !Number.isFinite(value)) throw new FabriqueError('prediction_not_finite', { row: 0 })
  return value
}
