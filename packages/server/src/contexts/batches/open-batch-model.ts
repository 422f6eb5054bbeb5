import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { FeatureSpec, ModelSignature } from '@fabrique/contract'
import { FabriqueError } from '@fabrique/contract/errors'
import { MlError } from '@fabrique/ml/errors'
import { labelOutput, predictionOutput, probabilityOutput, scoreOutput } from '@fabrique/ml/outputs'
import {
  externalFilesOf,
  fileSignature,
  type OnnxSession,
  openOnnxSession,
  openPythonSession,
  type PythonSession,
  type PythonSessionOptions,
  readMlflowModel,
  type Tensor,
  type TensorSpec,
} from '../serving/files.js'
import {
  type ColumnDatatype,
  type ColumnValues,
  isColumnDatatype,
  type ModelColumn,
  makeValues,
} from './model-column.js'
import { refused } from './refused.js'

/** A column that a model adds to the rows, as the data engine has it. */
export interface PredictedColumn {
  readonly name: string
  readonly type: 'DOUBLE' | 'BIGINT' | 'VARCHAR' | 'BOOLEAN'
}

/** A model that answers rows of a table by column. */
export interface BatchModel {
  /** What it reads. */
  readonly columns: readonly ModelColumn[]
  readonly predicted: readonly PredictedColumn[]
  /** The answers to some rows, by predicted column. Throws `model_failed` and `tensor_wrong`. */
  predict(values: readonly ColumnValues[], rowCount: number): Promise<readonly ColumnValues[]>
  release(): Promise<void>
}

/** The Python that computes a model folder of MLflow. */
export type BatchPython = Omit<PythonSessionOptions, 'folder' | 'clock'>

/** What is known of a model file beside it. */
export interface BatchModelFile {
  /** An ONNX file; a folder of MLflow where there is a Python. */
  readonly file: string
  readonly python?: (BatchPython & Pick<PythonSessionOptions, 'clock'>) | undefined
  /** What it takes and gives; what the file says of itself without. */
  readonly signature?: Pick<ModelSignature, 'task' | 'features' | 'target'> | undefined
  /** The columns of a matrix that a foreign file takes, in their order. */
  readonly features?: readonly string[] | undefined
  /** Whether missing values of a file that does not tell go to it; such rows are refused without. */
  readonly passMissing?: boolean | undefined
  /** Columns of the rows, which those of a matrix are taken from where they are not named. */
  readonly rowColumns: readonly string[]
  readonly threads: number
}

/**
 * Opens a model file for rows of a table: one of ours, with an input for each column, or a foreign one whose inputs are named like columns, or
 * that takes one matrix. Errors: `file_not_found`, `batch_refused`.
 */
export async function openBatchModel(given: BatchModelFile): Promise<BatchModel> {
  if (given.python !== undefined) return openWithPython(given, given.python)
  const content = await readModel(given.file)
  const signature = given.signature ?? signatureOf(content, given.passMissing === true)
  // What it takes is said before anything is loaded.
  for (const feature of signature?.features ?? []) datatypeOf(feature)
  const session = await openSession(content, given)
  try {
    if (signature !== undefined && hasOwnOutputs(session)) return bindOwn(session, signature)
    return bindForeign(session, { ...given, features: given.features ?? signature?.features.map(({ name }) => name) })
  } catch (error) {
    await session.release()
    throw error
  }
}

async function openWithPython(
  given: BatchModelFile,
  python: NonNullable<BatchModelFile['python']>,
): Promise<BatchModel> {
  const session = await openPythonSession({ ...python, folder: given.file }).catch((error: unknown) => {
    throw notLoaded(error)
  })
  try {
    const { optional } = session
    const inputs = session.inputs.filter(({ name }) => !optional.has(name) || given.rowColumns.includes(name))
    return bindForeign({ ...session, inputs }, { ...given, optional })
  } catch (error) {
    await session.release()
    throw error
  }
}

/** A version may have a signature of ours, and a file that was made elsewhere. */
function hasOwnOutputs({ outputs }: OnnxSession): boolean {
  return outputs.some(({ name, shape }) => [labelOutput, predictionOutput].includes(name) && shape.length === 1)
}

async function readModel(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new FabriqueError('file_not_found', { path: file }, { cause: error })
  }
}

async function openSession(content: Uint8Array, { file, threads }: BatchModelFile): Promise<OnnxSession> {
  try {
    const external = new Map<string, Uint8Array>()
    for (const name of externalFilesOf(content)) {
      // A name that leaves the folder of the model is none.
      external.set(name, await readModel(join(dirname(file), basename(name))))
    }
    return await openOnnxSession({ content, threads, ...(external.size === 0 ? {} : { external }) })
  } catch (error) {
    throw notLoaded(error)
  }
}

function notLoaded(error: unknown): FabriqueError {
  const reason = error instanceof Error ? error.message : String(error)
  return refused(`its file cannot be loaded: ${reason}`, `son fichier ne peut pas être chargé\u202f: ${reason}`, error)
}

type Known = NonNullable<BatchModelFile['signature']>

const featureDatatypes: Readonly<Record<Exclude<FeatureSpec['type'], 'image'>, ColumnDatatype>> = {
  number: 'FP32',
  integer: 'FP32',
  boolean: 'FP32',
  text: 'BYTES',
  category: 'BYTES',
  timestamp: 'INT64',
}

function datatypeOf({ name, type }: FeatureSpec): ColumnDatatype {
  if (type !== 'image') return featureDatatypes[type]
  throw refused(
    `it takes images, as ${name}, which no column of a table holds`,
    `il prend des images, comme ${name}, qu’aucune colonne d’un tableau ne contient`,
  )
}

function bindOwn(session: OnnxSession, { task, features, target }: Known): BatchModel {
  const columns = features.map((spec) => ({ name: spec.name, datatype: datatypeOf(spec), spec }))
  for (const { name } of columns) requireNamed(session.inputs, name)
  const places = session.inputs.map(({ name }) => {
    requireNamed(columns, name)
    return columns.findIndex((column) => column.name === name)
  })
  const has = (name: string) => session.outputs.some((output) => output.name === name)
  const scores = target.classes.map(scoreOutput)
  const wanted =
    task === 'regression'
      ? [predictionOutput]
      : [labelOutput, ...(scores.every(has) ? scores : target.classes.map(probabilityOutput))]
  for (const name of wanted) requireNamed(session.outputs, name)
  return {
    columns,
    predicted: wanted.map((name) => ({
      name: name === labelOutput ? predictionOutput : name,
      type: name === labelOutput ? 'VARCHAR' : 'DOUBLE',
    })),
    async predict(values, rowCount) {
      const tensors = session.inputs.map((input, index) => tensorOf(input, values[places[index] ?? 0], rowCount))
      const answers = await session.run(tensors, wanted)
      return wanted.map((name) => valuesOf(answers, name, rowCount))
    },
    release: () => session.release(),
  }
}

function requireNamed(all: readonly { readonly name: string }[], name: string): void {
  if (all.some((known) => known.name === name)) return
  const known = all.map((one) => one.name).join(', ')
  throw refused(
    `its file and its signature do not agree about ${name}: there are ${known}`,
    `son fichier et sa signature ne s’accordent pas sur ${name}\u202f: il y a ${known}`,
  )
}

/** A column as a tensor: one of [rows], or of [rows, 1] where the file takes that. */
function tensorOf(spec: TensorSpec, data: ColumnValues | undefined, rowCount: number): Tensor {
  return { ...spec, shape: spec.shape.length === 2 ? [rowCount, 1] : [rowCount], data: data ?? [] }
}

function valuesOf(answers: readonly Tensor[], name: string, rowCount: number): ColumnValues {
  const answer = answers.find((tensor) => tensor.name === name)
  const values = answer === undefined ? undefined : toValues(answer)
  if (values !== undefined && values.length === rowCount) return values
  const reason = `its output ${name} has ${values?.length ?? 0} values for ${rowCount} rows`
  const reason_fr = `sa sortie ${name} a ${values?.length ?? 0} valeurs pour ${rowCount} lignes`
  throw new FabriqueError('model_failed', { reason, reason_fr })
}

/** Values as rows hold them; undefined for an element type that no column has. */
function toValues({ datatype, data }: Tensor): ColumnValues | undefined {
  switch (datatype) {
    case 'FP32':
    case 'FP64':
    case 'INT64':
    case 'INT32':
    case 'BOOL':
      return data as Float32Array | Float64Array | BigInt64Array | Int32Array | Uint8Array
    case 'BYTES':
      return data as string[]
    default:
      return undefined
  }
}

interface ForeignInput {
  readonly spec: TensorSpec
  readonly datatype: ColumnDatatype
  /** Columns of a matrix; the only column of any other input. */
  readonly names: readonly string[]
  /** The place of the first of them among all columns. */
  readonly first: number
}

interface ForeignFile extends Omit<BatchModelFile, 'python'> {
  /** Columns that the rows may lack. */
  readonly optional?: ReadonlySet<string>
}

function bindForeign(
  session: Pick<PythonSession, 'inputs' | 'outputs' | 'run' | 'release'>,
  given: ForeignFile,
): BatchModel {
  const inputs: ForeignInput[] = []
  let first = 0
  for (const spec of session.inputs) {
    const names = columnsOfInput(spec, session, given)
    const { datatype } = spec
    if (!isColumnDatatype(datatype)) {
      throw refused(
        `its input ${spec.name} takes ${datatype}, which no column holds`,
        `son entrée ${spec.name} prend ${datatype}, qu’aucune colonne ne contient`,
      )
    }
    inputs.push({ spec, datatype, names, first })
    first += names.length
  }
  const outputs = session.outputs.flatMap((output) => foreignOutput(output))
  if (outputs.length === 0) {
    const known = session.outputs.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')
    throw refused(
      `none of its outputs has values by row: ${known}`,
      `aucune de ses sorties n’a de valeurs par ligne : ${known}`,
    )
  }
  return {
    columns: inputs.flatMap(({ names, datatype }) =>
      names.map((name) => ({
        name,
        datatype,
        spec: specOf(name, datatype, mayMiss(name, datatype, given)),
      })),
    ),
    predicted: outputs.flatMap(({ columns }) => columns),
    async predict(values, rowCount) {
      const tensors = inputs.map(({ spec, datatype, names, first: at }) => {
        if (spec.shape.length < 2 || names.length === 1) return tensorOf(spec, values[at], rowCount)
        const data = joinColumns(values.slice(at, at + names.length), datatype, rowCount)
        return { ...spec, shape: [rowCount, names.length], data }
      })
      const answers = await session.run(
        tensors,
        outputs.map(({ spec }) => spec.name),
      )
      return outputs.flatMap(({ spec, columns }) => {
        const width = columns.length
        const all = valuesOf(answers, spec.name, rowCount * width)
        return columns.map((_, column) => (width === 1 ? all : takeColumn(all, { column, width, rowCount })))
      })
    },
    release: () => session.release(),
  }
}

/** Only fractions have a way to say that they are missing. */
function mayMiss(name: string, datatype: ColumnDatatype, { passMissing, optional }: ForeignFile): boolean {
  return passMissing === true || (optional?.has(name) === true && (datatype === 'FP32' || datatype === 'FP64'))
}

/** A foreign file does not say what may be missing. */
function specOf(name: string, datatype: ColumnDatatype, nullable: boolean): FeatureSpec {
  const types = {
    FP32: 'number',
    FP64: 'number',
    INT64: 'integer',
    INT32: 'integer',
    BOOL: 'boolean',
    BYTES: 'text',
  } as const
  return { name, type: types[datatype], nullable }
}

function columnsOfInput(
  spec: TensorSpec,
  { inputs }: Pick<OnnxSession, 'inputs'>,
  given: ForeignFile,
): readonly string[] {
  const { name, shape } = spec
  const width = shape[1] ?? 1
  if (shape.length === 0 || shape.length > 2) {
    throw refused(
      `its input ${name} has the shape [${shape.join(', ')}], which rows of a table do not have`,
      `son entrée ${name} est de forme [${shape.join(', ')}], que les lignes d’une table n’ont pas`,
    )
  }
  if (shape.length === 1 || (width === 1 && given.rowColumns.includes(name))) return [name]
  if (inputs.length > 1 && width === 1) return [name]
  const named = given.features ?? given.rowColumns
  if (inputs.length === 1 && (width === named.length || width < 0)) return named
  const quoted = named.map((column) => JSON.stringify(column)).join(', ')
  throw refused(
    `its input ${name} takes a matrix of ${width} columns, and there are ${named.length}: ${quoted}; name those it takes`,
    `son entrée ${name} prend une matrice de ${width} colonnes, et il y en a ${named.length} : ${quoted} ; nommez celles qu’il prend`,
  )
}

interface ForeignOutput {
  readonly spec: TensorSpec
  readonly columns: readonly PredictedColumn[]
}

/** An output with values by row: one column, or one for each column of a matrix, counted from 0. */
function foreignOutput(spec: TensorSpec): readonly ForeignOutput[] {
  const { name, datatype, shape } = spec
  const width = shape.length === 2 ? (shape[1] ?? -1) : shape.length === 1 ? 1 : -1
  if (width < 1 || !isColumnDatatype(datatype)) return []
  const types = {
    FP32: 'DOUBLE',
    FP64: 'DOUBLE',
    INT64: 'BIGINT',
    INT32: 'BIGINT',
    BOOL: 'BOOLEAN',
    BYTES: 'VARCHAR',
  } as const
  const type = types[datatype]
  const names = width === 1 ? [name] : Array.from({ length: width }, (_, column) => `${name}_${column}`)
  return [{ spec, columns: names.map((column) => ({ name: column, type })) }]
}

function joinColumns(values: readonly ColumnValues[], datatype: ColumnDatatype, rowCount: number): ColumnValues {
  const width = values.length
  const fill = <Value>(joined: { [index: number]: Value }, columns: readonly ArrayLike<Value>[]) => {
    for (const [column, source] of columns.entries()) {
      for (let row = 0; row < rowCount; row += 1) {
        const value = source[row]
        if (value !== undefined) joined[row * width + column] = value
      }
    }
  }
  const joined = emptyLike(values[0], datatype, rowCount * width)
  // The columns of one matrix have one element type.
  fill(joined as { [index: number]: unknown }, values as readonly ArrayLike<unknown>[])
  return joined
}

function takeColumn(
  all: ColumnValues,
  { column, width, rowCount }: { readonly column: number; readonly width: number; readonly rowCount: number },
): ColumnValues {
  if (Array.isArray(all)) return Array.from({ length: rowCount }, (_, row) => all[row * width + column] ?? '')
  const taken = all.slice(0, rowCount)
  for (let row = 0; row < rowCount; row += 1) {
    const value = all[row * width + column]
    if (value !== undefined) (taken as { [index: number]: unknown })[row] = value
  }
  return taken
}

function emptyLike(first: ColumnValues | undefined, datatype: ColumnDatatype, count: number): ColumnValues {
  if (first === undefined || Array.isArray(first)) return new Array<string>(count).fill('')
  return makeValues(datatype, count)
}

/** What a file of ours says of itself, which is not whether values may be missing; undefined for any other. */
function signatureOf(content: Uint8Array, passMissing: boolean): Known | undefined {
  const told = readSignature(content)
  if (told === undefined) return undefined
  const { task, features, target } = told
  return { task, target, features: features.map((feature) => ({ ...feature, nullable: passMissing })) }
}

function readSignature(content: Uint8Array) {
  try {
    return fileSignature(content)
  } catch (error) {
    throw notLoaded(error)
  }
}

/** Names of the inputs of a file that take texts; none where it cannot be read, which is told when it is opened. */
export async function textInputsOf(file: string): Promise<readonly string[]> {
  const content = await readModel(file)
  const signature = signatureOf(content, false)
  if (signature !== undefined) {
    return signature.features.filter((feature) => datatypeOf(feature) === 'BYTES').map(({ name }) => name)
  }
  const { readForeignModel } = await import('@fabrique/ml/foreign')
  try {
    const { inputs } = readForeignModel(content)
    return inputs.filter(({ elementType }) => elementType === textElement).map(({ name }) => name)
  } catch (error) {
    if (error instanceof MlError) return []
    throw error
  }
}

/** The same of a model folder of MLflow. */
export async function textColumnsOf(folder: string): Promise<readonly string[]> {
  const { signature } = readMlflowModel(Buffer.from(await readModel(join(folder, 'MLmodel'))).toString())
  return (signature?.inputs ?? []).flatMap((field) =>
    field.kind === 'column' && field.type === 'string' && field.name !== undefined ? [field.name] : [],
  )
}

/** Number of the texts among the element types of ONNX. */
const textElement = 8
