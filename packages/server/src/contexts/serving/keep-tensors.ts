import { createHash } from 'node:crypto'
import { isFabriqueError, type Json, type ModelSignature, type Prediction } from '@fabrique/contract'
import { labelOutput, predictionOutput } from '@fabrique/ml/outputs'
import { limit } from '../../kernel/index.js'
import { redacted } from '../predictions/files.js'
import type { KeptRow } from '../predictions/index.js'
import type { RowPredictor } from './predict-rows.js'
import { rowTexts } from './protocols/tensor-text.js'
import type { Tensor, TensorData } from './runtime/tensor.js'
import { imageNames } from './sent-image.js'

/** What was asked and answered in tensors, held until it is written. */
export interface KeptTensors {
  readonly rowCount: number
  /** What is held. */
  readonly bytes: number
  /** The rows that are kept, of all that were asked, where the values of some names are `hidden`. */
  read(hidden: ReadonlySet<string>): readonly KeptRow[]
}

interface Exchange {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  readonly signature: ModelSignature | undefined
  readonly predictor: RowPredictor | undefined
}

/**
 * Holds the first rows of an exchange, and of a row no more than `predictions.values_of_row_max` values of a tensor; of
 * images no values. Nothing else is made of them before they are read.
 */
export function holdTensors({ inputs, outputs, signature, predictor }: Exchange): KeptTensors {
  const asked = inputs[0]?.shape[0] ?? 1
  // Tensors that do not have their rows in common are kept as one.
  const isByRow = [...inputs, ...outputs].every(({ shape }) => shape[0] === asked)
  const rowCount = isByRow ? asked : 1
  const kept = Math.min(rowCount, limit('predictions.rows_of_request_max'))
  const rowsOf = (tensor: Tensor) => (isByRow ? tensor : { ...tensor, shape: [1, ...tensor.shape] })
  const images = signature === undefined ? undefined : imageNames(signature)
  const isImage = ({ name }: Tensor) => images?.has(name) === true
  const seen = inputs.filter(isImage).map((tensor) => hashesOf(rowsOf(tensor), kept))
  const given = inputs.filter((tensor) => !isImage(tensor)).map((tensor) => heldTensor(rowsOf(tensor), kept))
  const answered = outputs.map((tensor) => heldTensor(rowsOf(tensor), kept))
  const bytes =
    [...given, ...answered].reduce((sum, one) => sum + one.bytes, 0) +
    seen.reduce((sum, { values }) => sum + values.length * bytesOfHash, 0)
  return {
    rowCount,
    bytes,
    read(hidden) {
      const names = signature?.features.map(({ name }) => name)
      const columns = [
        ...seen,
        ...given.flatMap((one) => columnsOf(one, { names, isByRow, isHiding: hidden.size > 0 })),
      ]
      const predictions = predictor === undefined ? undefined : predictionsOf(predictor, answered, kept)
      const results = predictions === undefined ? answered.map(valuesOf) : []
      // Of several outputs, one that was asked for alone need not be what the model predicts.
      const isAnswer = (name: string) =>
        signature === undefined || [labelOutput, predictionOutput, signature.target.name].includes(name)
      return Array.from({ length: kept }, (_, row) => ({
        inputs: inputsAt(columns, row),
        output: predictions?.[row] ?? outputOf(results, { row, isAnswer }),
      }))
    },
  }
}

/** Of an image its shape and a hash of its values, which tells one from another and shows nobody. */
function hashesOf({ name, shape, data }: Tensor, rows: number): Column {
  const [count = 1, ...rest] = shape
  const width = count === 0 ? 0 : data.length / count
  const values = Array.from({ length: rows }, (_, row): Json => {
    const own = ArrayBuffer.isView(data)
      ? data.subarray(row * width, (row + 1) * width)
      : Buffer.from(JSON.stringify(data.slice(row * width, (row + 1) * width)))
    return { shape: rest, sha256: createHash('sha256').update(own).digest('hex') }
  })
  return { name, values }
}

/** Of a hash with its shape, about. */
const bytesOfHash = 128

interface Held {
  readonly tensor: Tensor
  /** The shape of one row, where only the first of its values are held. */
  readonly cutFrom: readonly number[] | undefined
  readonly bytes: number
}

/** The first rows of a tensor; of a wide one the first values of each. */
function heldTensor({ name, datatype, shape, data }: Tensor, rows: number): Held {
  const [count = 1, ...rest] = shape
  const width = count === 0 ? 0 : data.length / count
  const isCut = width > limit('predictions.values_of_row_max')
  const keptWidth = isCut ? shownOfCut : width
  const first = isCut ? pickFirst(data, { rows, width, keptWidth }) : shrink(data, rows * width)
  const tensor = { name, datatype, shape: isCut ? [rows, keptWidth] : [rows, ...rest], data: first }
  return { tensor, cutFrom: isCut ? rest : undefined, bytes: bytesOf(first) }
}

/** Values of a tensor that is too wide: enough to tell one from another. */
const shownOfCut = 16

function pickFirst(
  data: TensorData,
  { rows, width, keptWidth }: { readonly rows: number; readonly width: number; readonly keptWidth: number },
): TensorData {
  const at = (row: number) => [row * width, row * width + keptWidth] as const
  if (!ArrayBuffer.isView(data)) return Array.from({ length: rows }, (_, row) => data.slice(...at(row))).flat()
  const found = data.slice(0, rows * keptWidth)
  for (let row = 1; row < rows; row += 1) found.set(data.subarray(...at(row)) as never, row * keptWidth)
  return found
}

/** A view of a large body would keep all of it. */
function shrink(data: TensorData, length: number): TensorData {
  if (!ArrayBuffer.isView(data)) return data.length === length ? data : data.slice(0, length)
  const isView = data.buffer.byteLength > 2 * length * data.BYTES_PER_ELEMENT
  return isView || data.length !== length ? data.slice(0, length) : data
}

function bytesOf(data: TensorData): number {
  return ArrayBuffer.isView(data) ? data.byteLength : data.reduce((sum, text) => sum + 2 * text.length + 16, 0)
}

function inputsAt(columns: readonly Column[], row: number): Readonly<Record<string, Json>> {
  const inputs: Record<string, Json> = Object.create(null)
  for (const { name, values } of columns) inputs[name] = values[row] ?? null
  return inputs
}

interface Column {
  readonly name: string
  readonly values: readonly Json[]
}

interface Naming {
  /** Of the features, where they are known. */
  readonly names: readonly string[] | undefined
  readonly isByRow: boolean
  /** Whether some values are not to be kept. */
  readonly isHiding: boolean
}

/** A matrix of all features by their names; any other tensor by its own. */
function columnsOf(held: Held, { names, isByRow, isHiding }: Naming): readonly Column[] {
  const { tensor, cutFrom } = held
  const isMatrix = isByRow && cutFrom === undefined && tensor.shape.length === 2 && tensor.shape[1] === names?.length
  const isFeature = cutFrom === undefined && (names?.includes(tensor.name) ?? true) && isOneValue(tensor, isByRow)
  if (isMatrix && names !== undefined && !isFeature) {
    const rows = rowValues(tensor) as readonly (readonly Json[])[]
    return names.map((name, at) => ({ name, values: rows.map((row) => row[at] ?? null) }))
  }
  if (isFeature || !isHiding) return [valuesOf(held)]
  // Which of its values are those that are hidden is not known.
  return [{ name: tensor.name, values: Array.from({ length: tensor.shape[0] ?? 0 }, () => redacted) }]
}

/** Whether a tensor has one value of each row; before it was kept as one, where it has not the rows of the others. */
function isOneValue({ shape }: Tensor, isByRow: boolean): boolean {
  const [width = 1, ...deeper] = isByRow ? shape.slice(1) : shape.slice(2)
  return width === 1 && deeper.length === 0
}

/** The value of each row, as lists within each other; numbers of 32 bits as they were asked for, `5.9` and not `5.900000095367432`. */
function rowValues(tensor: Tensor): readonly Json[] {
  const { data, shape } = tensor
  const isPlain = data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array
  if (!isPlain || shape.length > 2) return rowTexts(tensor).map((text) => JSON.parse(text) as Json)
  const [rows = 1, width = 1] = shape
  const isShort = data instanceof Float32Array && width <= shortenedMax
  const numberAt = (place: number): Json => {
    const value = data[place]
    // JSON has no NaN and no infinity.
    if (value === undefined || !Number.isFinite(value)) return null
    return isShort ? shortSingle(value) : value
  }
  if (shape.length < 2) return Array.from({ length: rows }, (_, row) => numberAt(row))
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (_, column) => numberAt(row * width + column)),
  )
}

/** Values of a row that are shortened: it takes longer than all else, and a person reads no more. */
const shortenedMax = 64

/** The fewest digits that are this number of 32 bits. */
function shortSingle(value: number): number {
  for (let digits = 6; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

/** The value of each row: one number or text as it is, several as lists; of one that is cut, its shape and its first values. */
function valuesOf({ tensor, cutFrom }: Held): Column {
  const { name, shape, datatype } = tensor
  const isBoolean = datatype === 'BOOL'
  const values = rowValues(tensor).map((value): Json => {
    if (cutFrom !== undefined) return { shape: [...cutFrom], first: value, cut: true }
    const only = shape.length === 2 && shape[1] === 1 && Array.isArray(value) ? (value[0] ?? null) : value
    return isBoolean && typeof only === 'number' ? only === 1 : only
  })
  return { name, values }
}

/** What a model with a signature says; undefined where not all of its outputs were asked for, or they are no answer. */
function predictionsOf(
  predictor: RowPredictor,
  answered: readonly Held[],
  rows: number,
): readonly Prediction[] | undefined {
  if (answered.some(({ cutFrom }) => cutFrom !== undefined)) return undefined
  try {
    return predictor.read(
      answered.map(({ tensor }) => tensor),
      rows,
    )
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'prediction_not_finite') return undefined
    throw error
  }
}

function outputOf(
  columns: readonly Column[],
  { row, isAnswer }: { readonly row: number; readonly isAnswer: (name: string) => boolean },
): Json {
  const values = columns.map(({ name, values: all }) => [name, all[row] ?? null] as const)
  const [only, ...others] = values
  const isOnly = only !== undefined && others.length === 0 && isAnswer(only[0])
  return isOnly && (typeof only[1] !== 'object' || only[1] === null)
    ? { prediction: only[1] }
    : { outputs: Object.fromEntries(values) }
}
