import { FabriqueError, type FeatureSpec, type ModelSignature, type Prediction } from '@fabrique/contract'
import { labelOutput, predictionOutput, probabilityOutput, scoreOutput } from '@fabrique/ml/outputs'
import { present } from '../../kernel/index.js'
import { type ImageLayout, imageLayout, type RefuseImage } from './form/image-layout.js'
import { type ImageTaking, imageTensor } from './form/image-tensor.js'
import { type FeatureColumns, type ParsedFeatures, parseFeatures } from './parse-features.js'
import type { InferOptions, ModelRuntime } from './runtime/model-runtime.js'
import type { Tensor, TensorData, TensorSpec } from './runtime/tensor.js'
import { turnEnd } from './runtime/turn-end.js'
import { SentImage } from './sent-image.js'

/**
 * Rows of features for a runtime, and predictions out of what it gives. A file of Fabrique has one input by feature, [rows] or, of an only
 * feature, [rows, 1]; and the outputs `label` with `probability_<class>` or `score_<class>` of a classifier, `prediction` of a regression,
 * each [rows]. Of other models it takes the same inputs or one matrix of all features; and an only output with one number for each row, or a
 * class that is named as the target and a matrix of probabilities; or an only output with a number for each class, where the signature says what
 * it holds. An image is an input by itself.
 */
export interface RowPredictor {
  /** Names of the features, in the order of the signature. */
  readonly names: readonly string[]
  /** Features that are taken with 64 bits: their columns have to keep them. */
  readonly doubles: ReadonlySet<string> | undefined
  /** Columns of rows as the inputs of the runtime; later where images have to be read. Throws `image_wrong`, `server_overloaded`. */
  inputsOf(
    columns: FeatureColumns,
    rowCount: number,
    options?: InferOptions,
  ): readonly Tensor[] | Promise<readonly Tensor[]>
  /** Asks the runtime, or what stands for it; throws `image_wrong`, `prediction_not_finite` and what it throws. */
  predict(features: ParsedColumns, options?: InferOptions, asked?: ModelRuntime): Promise<readonly Prediction[]>
  /** The same, where the runtime computes it at once; undefined where `predict` is to be asked. */
  predictNow(features: ParsedColumns, asked: ModelRuntime): readonly Prediction[] | undefined
  /** What outputs say of rows; undefined where some that it takes are not among them. Throws `prediction_not_finite`. */
  read(outputs: readonly Tensor[], rowCount: number): readonly Prediction[] | undefined
  /** Asks for the example of the signature, until the runtime is warm. */
  tryExample(): Promise<void>
}

type ParsedColumns = Pick<ParsedFeatures, 'columns' | 'rowCount'>

/** The outputs that were asked for, in that order. */
type ReadOutputs = (outputs: readonly Tensor[], rowCount: number) => Prediction[]

/** Throws a plain error with the reason where the runtime does not have the inputs and outputs of the signature. */
export function rowPredictor(runtime: ModelRuntime, signature: ModelSignature): RowPredictor {
  const names = signature.features.map(({ name }) => name)
  const [matrix] = runtime.inputs
  const isMatrix = runtime.inputs.length === 1 && matrix?.shape.length === 2 && matrix.shape[1] !== 1
  if (!isMatrix) requireNames('input', namesOf(runtime.inputs), names)
  const { names: outputs, read } = readerOf(runtime.outputs, signature)
  const specs = names.map((name) => runtime.inputs.find((input) => input.name === name))
  const layouts = signature.features.map((feature, index) => layoutOf(feature, specs[index]))
  const hasImages = layouts.some((layout) => layout !== undefined)
  const imagesOf = async (
    columns: FeatureColumns,
    rowCount: number,
    options?: InferOptions,
  ): Promise<readonly Tensor[]> => {
    const tensors: Tensor[] = []
    for (const [index, given] of specs.entries()) {
      const [spec, layout] = [present(given, `input ${index}`), layouts[index]]
      const column = columns[index]
      tensors.push(
        layout === undefined ? inputOf(spec, column, rowCount) : await imageOf(column, { ...options, spec, layout }),
      )
    }
    return tensors
  }
  const doubles = doublesOf(signature, (index) => (isMatrix ? matrix : specs[index]))
  const predictor: RowPredictor = {
    names,
    doubles,
    inputsOf(columns, rowCount, options) {
      if (isMatrix && matrix !== undefined) return [matrixOf(matrix, columns, rowCount)]
      if (hasImages) return imagesOf(columns, rowCount, options)
      return specs.map((spec, index) => inputOf(present(spec, `input ${index}`), columns[index], rowCount))
    },
    async predict({ columns, rowCount }, options, asked = runtime) {
      const made = predictor.inputsOf(columns, rowCount, options)
      const inputs = made instanceof Promise ? await made : made
      const now = asked.inferNow?.(inputs, outputs)
      if (now === undefined) return read(await asked.infer(inputs, outputs, options), rowCount)
      const found = read(now, rowCount)
      await turnEnd()
      return found
    },
    predictNow({ columns, rowCount }, asked) {
      const inputs = hasImages || asked.inferNow === undefined ? undefined : predictor.inputsOf(columns, rowCount)
      // Without images they are there.
      if (inputs === undefined || inputs instanceof Promise) return undefined
      const now = asked.inferNow?.(inputs, outputs)
      return now === undefined ? undefined : read(now, rowCount)
    },
    read(given, rowCount) {
      const found = outputs.map((name) => given.find((one) => one.name === name))
      const all = found.flatMap((one) => one ?? [])
      return all.length === found.length ? read(all, rowCount) : undefined
    },
    async tryExample() {
      const target = { model: '', signature, doubles }
      const features = parseFeatures({ features: signature.example }, target)
      for (let round = 0; round < 3; round += 1) await predictor.predict(features)
    },
  }
  return predictor
}

/** Numbers of inputs that are not FP32; moments and texts are none. */
function doublesOf(
  { features }: ModelSignature,
  inputAt: (index: number) => TensorSpec | undefined,
): ReadonlySet<string> | undefined {
  const names = features.flatMap(({ name, type }, index) => {
    const isNumber = type === 'number' || type === 'integer' || type === 'boolean'
    return isNumber && inputAt(index)?.datatype !== 'FP32' ? [name] : []
  })
  return names.length === 0 ? undefined : new Set(names)
}

const namesOf = (specs: readonly TensorSpec[]) => specs.map(({ name }) => name)

function inputOf(spec: TensorSpec, column: FeatureColumns[number] | undefined, rows: number): Tensor {
  const { name, datatype, shape } = spec
  const data = valuesOf(spec, present(column, `column ${name}`))
  return { name, datatype, shape: shape.length === 2 ? [rows, 1] : [rows], data }
}

function holdsImages(column: FeatureColumns[number]): column is readonly SentImage[] {
  return Array.isArray(column) && column[0] instanceof SentImage
}

/** Throws a plain error where an image is declared and the input takes none of this kind. */
function layoutOf({ name, type, image = {} }: FeatureSpec, spec: TensorSpec | undefined): ImageLayout | undefined {
  if (type !== 'image' || spec === undefined) return undefined
  return imageLayout(spec, image, ({ en }) => new Error(`The signature says that ${name} is an image: ${en}`))
}

async function imageOf(
  column: FeatureColumns[number] | undefined,
  { spec, layout, timeoutMs }: Omit<ImageTaking, 'refuse'>,
): Promise<Tensor> {
  const files = column !== undefined && holdsImages(column) ? column.map(({ file }) => file) : []
  const feature = spec.name
  const refuse: RefuseImage = ({ en, fr }, row = 0) =>
    new FabriqueError('image_wrong', { feature, row, reason: en, reason_fr: fr }, { field: feature })
  return imageTensor(files, { spec, layout, timeoutMs, refuse })
}

/** Values of a column as an input takes them, of the types that `takesColumn` has. Throws `feature_value_wrong`. */
function valuesOf({ name, datatype }: TensorSpec, column: FeatureColumns[number]): TensorData {
  if (!(column instanceof Float64Array)) return holdsImages(column) ? [] : column
  switch (datatype) {
    case 'FP32':
      return Float32Array.from(column)
    case 'INT64':
      return BigInt64Array.from(column, (value, row) => BigInt(wholeOf(value, { name, row, range: safeRange })))
    case 'INT32':
      return Int32Array.from(column, (value, row) => wholeOf(value, { name, row, range: intRange }))
    case 'BOOL':
      return Uint8Array.from(column, (value, row) => wholeOf(value, { name, row, range: [0, 1] }))
    default:
      return column
  }
}

/** Whether an input takes a column of texts, or of numbers. */
export function takesColumn({ datatype }: TensorSpec, isText: boolean): boolean {
  return isText ? datatype === 'BYTES' : ['FP32', 'FP64', 'INT32', 'INT64', 'BOOL'].includes(datatype)
}

const safeRange = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] as const
const intRange = [-(2 ** 31), 2 ** 31 - 1] as const

interface WholePlace {
  readonly name: string
  readonly row: number
  readonly range: readonly [least: number, greatest: number]
}

/** A number that its type would make another one is refused, and so is one that is missing. */
function wholeOf(value: number, { name, row, range: [least, greatest] }: WholePlace): number {
  if (Number.isInteger(value) && value >= least && value <= greatest) return value
  throw new FabriqueError(
    'feature_value_wrong',
    {
      feature: name,
      row,
      expected: `a whole number from ${least} to ${greatest}`,
      expected_fr: `un nombre entier de ${least} à ${greatest}`,
      value: Number.isNaN(value) ? 'missing' : value,
    },
    { field: name },
  )
}

function matrixOf({ name, datatype }: TensorSpec, columns: FeatureColumns, rows: number): Tensor {
  const width = columns.length
  const data = datatype === 'FP64' ? new Float64Array(rows * width) : new Float32Array(rows * width)
  for (const [index, column] of columns.entries()) {
    for (let row = 0; row < rows; row += 1) data[row * width + index] = Number(column[row])
  }
  return { name, datatype, shape: [rows, width], data }
}

function readerOf(
  outputs: readonly TensorSpec[],
  { task, target }: ModelSignature,
): { readonly names: readonly string[]; readonly read: ReadOutputs } {
  const found = namesOf(outputs)
  if (target.output !== undefined) return numbersReader(outputs, target, target.output)
  if (task === 'regression') {
    const [only, ...others] = found
    const isOwn = others.length > 0 || only === undefined || found.includes(predictionOutput)
    if (isOwn) requireNames('output', found, [predictionOutput])
    return {
      names: [isOwn ? predictionOutput : only],
      read: ([output], rowCount) => {
        const numbers = numbersOf(output)
        return Array.from({ length: rowCount }, (_, row) => ({ prediction: finiteAt(numbers, row) }))
      },
    }
  }
  const { classes } = target
  const [matrix, ...rest] = found.filter((name) => name !== target.name)
  const isOwn = classes.some((name) => found.includes(scoreOutput(name)) || found.includes(probabilityOutput(name)))
  if (!isOwn && found.includes(target.name) && matrix !== undefined && rest.length === 0) {
    return { names: found, read: matrixReader(found.indexOf(target.name), classes) }
  }
  const hasScores = classes.every((name) => found.includes(scoreOutput(name)))
  const names = [labelOutput, ...classes.map(hasScores ? scoreOutput : probabilityOutput)]
  requireNames('output', found, names)
  // The runtime gives outputs in its own order.
  const order = found.filter((name) => names.includes(name))
  const places = names.map((name) => order.indexOf(name))
  // A class may have any name, also one that an object sets its prototype by.
  const hasPrototype = !classes.includes('__proto__')
  const read: ReadOutputs = (outputs, rowCount) => {
    const [labelled, ...others] = places.map((place) => outputs[place])
    const labels = present(labelled, `output ${labelOutput}`).data
    const columns = others.map(numbersOf)
    const predictions: Prediction[] = []
    for (let row = 0; row < rowCount; row += 1) {
      const values: Record<string, number> = hasPrototype ? {} : Object.create(null)
      for (const [index, name] of classes.entries()) values[name] = finiteAt(columns[index], row)
      const prediction = String(labels[row] ?? '')
      predictions.push(hasScores ? { prediction, scores: values } : { prediction, probabilities: values })
    }
    return predictions
  }
  return { names: order, read }
}

/** Reads a number for each class of one output: that which is called as the target, or the only one. */
function numbersReader(
  outputs: readonly TensorSpec[],
  { name, classes }: ModelSignature['target'],
  kind: NonNullable<ModelSignature['target']['output']>,
): { readonly names: readonly string[]; readonly read: ReadOutputs } {
  const [only, ...others] = outputs
  const spec = outputs.find((output) => output.name === name) ?? (others.length === 0 ? only : undefined)
  const told = `its signature says that an output holds ${kind} of ${classes.length} classes`
  if (spec === undefined) throw new Error(`The file has no output ${name}, and ${told}`)
  const width = spec.shape.at(-1) ?? 1
  const fits = spec.shape.length === 2 && (width < 0 || width === classes.length)
  if (!fits || !['FP32', 'FP64'].includes(spec.datatype)) {
    throw new Error(`The output ${spec.name} is ${spec.datatype} [${spec.shape.join(', ')}], and ${told}`)
  }
  const hasPrototype = !classes.includes('__proto__')
  const read: ReadOutputs = ([output], rowCount) => {
    const numbers = numbersOf(output)
    if (numbers.length !== rowCount * classes.length) {
      const reason = `its output ${spec.name} holds ${numbers.length} numbers for ${rowCount} rows, and ${told}`
      throw new FabriqueError('model_failed', { reason })
    }
    return Array.from({ length: rowCount }, (_, row) => {
      const start = row * classes.length
      const given = Array.from(classes, (__, at) => finiteAt(numbers, start + at, row))
      const shares = kind === 'logits' ? softmax(given) : given
      const values: Record<string, number> = hasPrototype ? {} : Object.create(null)
      for (const [at, label] of classes.entries()) values[label] = shares[at] ?? 0
      const prediction = classes[given.indexOf(Math.max(...given))] ?? ''
      return kind === 'scores' ? { prediction, scores: values } : { prediction, probabilities: values }
    })
  }
  return { names: [spec.name], read }
}

function softmax(logits: readonly number[]): readonly number[] {
  const highest = Math.max(...logits)
  const powers = logits.map((logit) => Math.exp(logit - highest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}

/** Reads a class at one place of two outputs, and a probability for each class at the other. */
function matrixReader(labelPlace: number, classes: readonly string[]): ReadOutputs {
  const hasPrototype = !classes.includes('__proto__')
  return (outputs, rowCount) => {
    const labels = present(outputs[labelPlace], 'output of the class').data
    const shares = numbersOf(outputs[1 - labelPlace])
    return Array.from({ length: rowCount }, (_, row) => {
      const probabilities: Record<string, number> = hasPrototype ? {} : Object.create(null)
      for (const [index, name] of classes.entries()) {
        probabilities[name] = finiteAt(shares, row * classes.length + index, row)
      }
      return { prediction: String(labels[row] ?? ''), probabilities }
    })
  }
}

type Floats = Float32Array | Float64Array

function numbersOf(output: Tensor | undefined): Floats {
  const { name, data } = present(output, 'an output')
  if (data instanceof Float32Array || data instanceof Float64Array) return data
  throw new Error(`The output ${name} has no numbers`)
}

function finiteAt(values: Floats | undefined, place: number, row = place): number {
  const value = values?.[place]
  if (value === undefined || !Number.isFinite(value)) throw new FabriqueError('prediction_not_finite', { row })
  return value
}

function requireNames(kind: 'input' | 'output', found: readonly string[], needed: readonly string[]): void {
  const missing = needed.filter((name) => !found.includes(name))
  if (missing.length > 0) throw new Error(`The file has no ${kind} ${missing.join(', ')}; it has ${found.join(', ')}`)
}
