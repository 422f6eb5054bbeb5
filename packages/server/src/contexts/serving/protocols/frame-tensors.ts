import { FabriqueError, type FeatureSpec, type ModelSignature } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { parseFeatures } from '../parse-features.js'
import { rowPredictor } from '../predict-rows.js'
import type { InferOptions } from '../runtime/model-runtime.js'
import type { Tensor, TensorSpec } from '../runtime/tensor.js'
import type { ServedModel } from '../served-models.js'
import type { Frame } from './frame.js'
import { keepDigits, longIntegerOf } from './tensor-json.js'
import { tensorFromJson, tensorWrong } from './tensor-values.js'

/**
 * The rows of a table as the inputs of a model. Columns that it does not take are left aside, as MLflow does. A model with a signature
 * takes its features as `/predict` does; any other takes a column for each input, or all columns as the rows of its only one.
 */
export function tensorsOfFrame(
  served: ServedModel,
  frame: Frame,
  options?: InferOptions,
): readonly Tensor[] | Promise<readonly Tensor[]> {
  const { model, signature, runtime } = served
  if (signature !== undefined) return tensorsOfFeatures({ model, runtime, signature }, frame, options)
  const [only, ...others] = runtime.inputs
  if (only !== undefined && others.length === 0 && !isColumnOf(frame, only)) {
    const values = only.shape.length < 2 ? columnAt(frame, 0, only) : frame.rows
    return [tensorOfValues(only, values, frame.areTexts)]
  }
  return runtime.inputs.map((spec, place) => {
    const at = frame.names === undefined ? place : frame.names.indexOf(spec.name)
    return tensorOfValues(spec, columnAt(frame, at, spec), frame.areTexts)
  })
}

/** Whether the only input is one column of the table, whose cells are its values. */
function isColumnOf({ names, rows }: Frame, { name }: TensorSpec): boolean {
  return (names?.length === 1 && names[0] === name) || (rows[0]?.length === 1 && Array.isArray(rows[0][0]))
}

function columnAt({ rows }: Frame, at: number, { name }: TensorSpec): readonly unknown[] {
  if (at >= 0 && rows.every((row) => at < row.length)) return rows.map((row) => row[at])
  throw tensorWrong(name, 'there is no column of it', 'il n’y a pas de colonne pour elle')
}

function tensorsOfFeatures(
  { model, runtime, signature }: Pick<ServedModel, 'model' | 'runtime'> & { readonly signature: ModelSignature },
  frame: Frame,
  options?: InferOptions,
): readonly Tensor[] | Promise<readonly Tensor[]> {
  const { names, rows, areTexts } = frame
  // Each row becomes an object: too many are refused before.
  const rowsMax = limit('predict.rows_max')
  if (rows.length > rowsMax) throw new FabriqueError('too_many_rows', { found: rows.length, limit: rowsMax })
  const predictor = rowPredictor(runtime, signature)
  const target = { model, signature, doubles: predictor.doubles }
  const places = signature.features.map((feature) => ({ feature, at: names?.indexOf(feature.name) ?? -1 }))
  const given = places.filter(({ at }) => at >= 0)
  const features =
    names === undefined
      ? rows.map((row) => row.map(cellOf))
      : rows.map((row) =>
          Object.fromEntries(
            given.map(({ feature, at }) => [feature.name, areTexts ? readCell(row[at], feature) : cellOf(row[at])]),
          ),
        )
  const { columns, rowCount } = parseFeatures({ features }, target)
  return predictor.inputsOf(columns, rowCount, options)
}

/** A cell of JSON, as `parseFeatures` takes it. */
export function cellOf(cell: unknown): unknown {
  const long = longIntegerOf(cell)
  return long === undefined ? cell : Number(long)
}

/** A text of CSV or of a form as a feature. */
export function readCell(cell: unknown, { type }: FeatureSpec): unknown {
  if (typeof cell !== 'string' || type === 'text' || type === 'category') return cell
  if (type === 'boolean') return truthOf(cell) ?? numberOf(cell)
  return type === 'timestamp' && !/^-?\d+$/.test(cell) ? cell : numberOf(cell)
}

function truthOf(text: string): boolean | undefined {
  const lower = text.toLowerCase()
  return lower === 'true' ? true : lower === 'false' ? false : undefined
}

/** The number that a text is; the text itself where it is none, for the refusal to show it. */
function numberOf(text: string): unknown {
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}

/**
 * A tensor of values as lists within each other, whose shape they are. Dimensions of 1 at its end may be left out, and a missing number is
 * NaN.
 */
export function tensorOfValues(spec: TensorSpec, values: unknown, areTexts = false): Tensor {
  const shape: number[] = []
  for (let inner = values; Array.isArray(inner); inner = inner[0]) shape.push(inner.length)
  const flat = Array.isArray(values) ? values.flat(shape.length - 1) : [values]
  while (shape.length < spec.shape.length && Math.abs(spec.shape[shape.length] ?? 0) === 1) shape.push(1)
  const count = shape.reduce((product, size) => product * size, 1)
  if (flat.length !== count || flat.some(Array.isArray)) {
    throw tensorWrong(
      spec.name,
      'its lists are not all of one length',
      'ses listes ne sont pas toutes de même longueur',
    )
  }
  const data = flat.map((value: unknown) => (areTexts ? readValue(value, spec) : value) ?? missingOf(spec))
  return tensorFromJson({ ...spec, shape }, data)
}

function missingOf({ datatype }: TensorSpec): unknown {
  return datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64' ? 'NaN' : null
}

/** A cell of CSV as an element. */
function readValue(value: unknown, { datatype }: TensorSpec): unknown {
  if (typeof value !== 'string' || datatype === 'BYTES') return value
  if (datatype === 'BOOL') return truthOf(value) ?? numberOf(value)
  return /^-?\d{16,}$/.test(value) ? keepDigits(value) : numberOf(value)
}
