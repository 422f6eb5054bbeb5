import { itemAt } from '../data/element.js'
import type { TableColumnKind } from '../data/table.js'
import { MlError } from '../ml-error.js'
import { encodeModel } from './encode-model.js'
import { type ExternalFiles, innerGraph, joinBytes } from './inner-graph.js'
import { createGraphBuilder, elementTypes, type GraphBuilder } from './onnx-graph.js'
import { labelOutput, predictionOutput, probabilityOutput, rows, scoreOutput } from './prediction-outputs.js'
import { readFields } from './protobuf-reader.js'
import { createProtobufWriter, type ProtobufWriter } from './protobuf-writer.js'
import { type ForeignModel, type ForeignPort, readForeignModel } from './read-foreign-model.js'

/** A column that a model was trained on. */
export interface AdoptedColumn {
  readonly name: string
  readonly kind: TableColumnKind
}

export interface AdoptOptions {
  readonly task: 'classification' | 'regression'
  /** In the order of the columns of a matrix. */
  readonly columns: readonly AdoptedColumn[]
  /** Names of the classes, in the order that scikit-learn has them in; empty for regression. */
  readonly classes: readonly string[]
  /** What is said of each class; a runtime finds out which of both it is. Probabilities are kept within 0..1, which sums of floats leave. */
  readonly says: 'probabilities' | 'scores'
  /** Classes by the whole number that the model gives for them; the numbers themselves without. */
  readonly classOfCode?: readonly string[]
  readonly files?: ExternalFiles
}

export interface AdoptedModel {
  readonly onnx: Uint8Array<ArrayBuffer>
  /** The columns that it reads. */
  readonly columns: readonly AdoptedColumn[]
  /** True where it tells no class, and of two classes only the second: a probability, if it lies in 0..1. */
  readonly tellsOnlySecond: boolean
}

/** Newest of: what nodes written here need, and what the model was written for. */
const irVersionMin = 8

/**
 * Puts a model that was made elsewhere, by skl2onnx or from PyTorch, into the form of `exportPipeline`: one input by column, and the outputs
 * `label` with `probability_<class>` or `score_<class>`, or `prediction`, each [N]. Its own nodes stay as they are, between a few that bring
 * the columns together and take the answers apart. It takes
 * - one matrix of all columns, or one input by column, or a matrix of the numbers and one of the texts;
 * - a class as text or whole number, with or without probabilities as matrix, as columns, or as maps (`ZipMap`); probabilities alone.
 * @throws MlError `invalid_file` for another form
 */
export function adoptModel(file: Uint8Array, options: AdoptOptions): AdoptedModel {
  const model = readForeignModel(file)
  const fed = feedInputs(model, options.columns)
  const columns = options.columns.filter(({ name }) => fed.some((one) => one.columns.some((own) => own.name === name)))
  const names = columns.map(({ name }) => name)
  const outputs =
    options.task === 'regression'
      ? [predictionOutput]
      : [labelOutput, ...options.classes.map(options.says === 'scores' ? scoreOutput : probabilityOutput)]
  const taken = names.find((name) => outputs.includes(name))
  if (taken !== undefined) {
    throw new MlError('reserved_name', `A column cannot have the name of an output: rename ${JSON.stringify(taken)}`)
  }
  const prefix = prefixBeside([...names, ...outputs])
  const graph = createGraphBuilder('adopted', [...names, ...outputs])
  const isOnly = columns.length === 1
  for (const { name, kind } of columns) {
    // The only column of a model is a matrix of one column, as MLflow feeds it.
    graph.input({ name, elementType: inputTypes[kind], shape: isOnly ? [rows, 1] : [rows] })
  }
  const targets = fed.map(({ port, columns: own }) => addFeed(graph, port, own))
  const before = graph.finish().nodes.length
  const tellsOnlySecond = addOutputs(graph, model, { ...options, inner: (name) => `${prefix}${name}` })
  const onnx = joinGraphs(graph, model, { before, prefix, targets, files: options.files ?? new Map() })
  return { onnx, columns, tellsOnlySecond }
}

const inputTypes = { number: 'float32', text: 'string', time: 'int64' } as const

function prefixBeside(names: readonly string[]): string {
  let prefix = 'inner/'
  while (names.some((name) => name.startsWith(prefix))) prefix = `_${prefix}`
  return prefix
}

interface Feed {
  readonly port: ForeignPort
  readonly columns: readonly AdoptedColumn[]
}

/** Exporters write some letters of a name in another way. */
const plain = (name: string) => name.replace(/\W/gu, '_')

/** Which columns go into which input: those of its name, or the next ones of its kind. */
function feedInputs(model: ForeignModel, columns: readonly AdoptedColumn[]): Feed[] {
  const { inputs } = model
  const byName = new Map(columns.map((column) => [column.name, column]))
  const byPlainName = new Map(columns.map((column) => [plain(column.name), column]))
  const namesake = (port: ForeignPort) => byName.get(port.name) ?? byPlainName.get(plain(port.name))
  if (inputs.length > 0 && inputs.every((port) => namesake(port) !== undefined && widthOf(port) === 1)) {
    return inputs.map((port) => ({ port, columns: [namesake(port) as AdoptedColumn] }))
  }
  const left = { text: columns.filter(isText), number: columns.filter((column) => !isText(column)) }
  const fed = inputs.map((port) => {
    const kind = port.elementType === elementTypes.string ? 'text' : 'number'
    const width = widthOf(port) ?? left[kind].length
    const own = left[kind].slice(0, width)
    left[kind] = left[kind].slice(width)
    if (own.length === width && width > 0) return { port, columns: own }
    throw unfit(`its input ${port.name} takes ${width} columns, and there are ${own.length} for it`, columns)
  })
  const unused = [...left.number, ...left.text]
  if (unused.length === 0) return fed
  throw unfit(`no input of it takes ${unused.map(({ name }) => name).join(', ')}`, columns)
}

function isText({ kind }: AdoptedColumn): boolean {
  return kind === 'text'
}

function unfit(reason: string, columns: readonly AdoptedColumn[]): MlError {
  const names = columns.map(({ name }) => name).join(', ')
  return new MlError('invalid_file', `The model does not take the features ${names}: ${reason}`)
}

/** Columns of an input; undefined where the model does not say. */
function widthOf({ shape }: ForeignPort): number | undefined {
  if (shape.length < 2) return 1
  return shape[1] ?? undefined
}

/** Nodes from columns to one input; gives the name that the input is known by. */
function addFeed(graph: GraphBuilder, { name, elementType, shape }: ForeignPort, columns: readonly AdoptedColumn[]) {
  const known: readonly number[] = Object.values(elementTypes)
  if (!known.includes(elementType) || shape.length > 2) {
    throw new MlError('invalid_file', `The input ${JSON.stringify(name)} of the model takes no columns of a table`)
  }
  const isMatrix = shape.length === 2
  const size = graph.constant('size', {
    elementType: 'int64',
    shape: [isMatrix ? 2 : 1],
    values: isMatrix ? [-1, 1] : [-1],
  })
  const cast = columns.map((column) => {
    const shaped = graph.node({ operator: 'Reshape', inputs: [column.name, size] })
    return elementTypes[inputTypes[column.kind]] === elementType ? shaped : addCast(graph, shaped, elementType)
  })
  if (cast.length === 1) return { name, from: itemAt(cast, 0) }
  const axis = { axis: { kind: 'int', value: 1 } } as const
  return { name, from: graph.node({ operator: 'Concat', inputs: cast, attributes: axis }) }
}

function addCast(graph: GraphBuilder, value: string, elementType: number): string {
  return graph.node({
    operator: 'Cast',
    inputs: [value],
    attributes: { to: { kind: 'int', value: elementType } },
  })
}

interface OutputOptions extends AdoptOptions {
  /** The name of a value of the model in the graph around it. */
  readonly inner: (name: string) => string
}

const numberTypes: readonly number[] = [elementTypes.float32, elementTypes.float64]
const classTypes: readonly number[] = [elementTypes.string, elementTypes.int64, elementTypes.bool, 6]

/** Gives whether only the second of two classes is told of. */
function addOutputs(graph: GraphBuilder, model: ForeignModel, options: OutputOptions): boolean {
  const numbers = model.outputs.filter(({ elementType }) => numberTypes.includes(elementType))
  if (options.task === 'regression') {
    const [only] = numbers.length === 1 ? numbers : numbers.filter(({ name }) => name === 'variable')
    if (only === undefined) throw unfitOutputs(model, 'one number for each row')
    addVector(graph, options.inner(only.name), predictionOutput)
    return false
  }
  const label = model.outputs.find(({ elementType }) => classTypes.includes(elementType))
  const said = addSaid(graph, model, numbers, options)
  if (said === undefined) throw unfitOutputs(model, `probabilities or scores of ${options.classes.length} classes`)
  const nameOf = options.says === 'scores' ? scoreOutput : probabilityOutput
  for (const [index, value] of said.values.entries()) {
    const name = nameOf(itemAt(options.classes, index))
    if (options.says === 'scores') addVector(graph, value, name)
    else addVector(graph, addBounds(graph, value), name)
  }
  if (label === undefined) addBestClass(graph, said.values, options.classes)
  else addLabel(graph, label, options)
  return said.isSecond && label === undefined
}

/** A value as float32 within 0..1. */
function addBounds(graph: GraphBuilder, value: string): string {
  const bound = (limit: number) => graph.constant('bound', { elementType: 'float32', shape: [], values: [limit] })
  const single = addCast(graph, value, elementTypes.float32)
  const above = graph.node({ operator: 'Max', inputs: [single, bound(0)] })
  return graph.node({ operator: 'Min', inputs: [above, bound(1)] })
}

function unfitOutputs({ outputs }: ForeignModel, wanted: string): MlError {
  const names = outputs.map(({ name }) => name).join(', ')
  return new MlError('invalid_file', `The model gives ${names}, and not ${wanted}`)
}

/** A value [N] or [N, 1] as an output of float32 [N]. */
function addVector(graph: GraphBuilder, value: string, output: string): void {
  graph.node({
    operator: 'Cast',
    inputs: [flat(graph, value)],
    attributes: { to: { kind: 'int', value: elementTypes.float32 } },
    output,
  })
  graph.output({ name: output, elementType: 'float32', shape: [rows] })
}

function flat(graph: GraphBuilder, value: string): string {
  const size = graph.constant('size', { elementType: 'int64', shape: [1], values: [-1] })
  return graph.node({ operator: 'Reshape', inputs: [value, size] })
}

interface Said {
  /** By class. */
  readonly values: readonly string[]
  /** True where the model tells of the second of two classes only. */
  readonly isSecond: boolean
}

/** What is said of each class, in the order of the classes; undefined where nothing is. */
function addSaid(
  graph: GraphBuilder,
  model: ForeignModel,
  numbers: readonly ForeignPort[],
  { classes, says, inner }: OutputOptions,
): Said | undefined {
  const zipped = model.zipped.find(({ name }) => model.outputs.some((output) => output.name === name))
  const all = (values: readonly string[]): Said => ({ values, isSecond: false })
  if (zipped !== undefined) {
    if (zipped.classes.length !== classes.length) return undefined
    return all(classes.map((_, index) => addColumn(graph, inner(zipped.from), index)))
  }
  const columns = numbers.filter((port) => port.shape.length < 2)
  if (columns.length === classes.length && columns.length > 1) return all(columns.map(({ name }) => inner(name)))
  const matrix =
    numbers.find(({ name, shape }) => /prob/i.test(name) && shape.length === 2) ??
    numbers.find(({ shape }) => shape.length === 2) ??
    columns[0]
  if (matrix === undefined) return undefined
  const width = matrix.shape[1] ?? (matrix.shape.length < 2 ? 1 : classes.length)
  if (width === classes.length) return all(classes.map((_, index) => addColumn(graph, inner(matrix.name), index)))
  if (width !== 1 || classes.length !== 2) return undefined
  return { values: addBoth(graph, inner(matrix.name), matrix, says), isSecond: true }
}

function addColumn(graph: GraphBuilder, matrix: string, index: number): string {
  const position = graph.constant('class_code', { elementType: 'int64', shape: [], values: [index] })
  const axis = { axis: { kind: 'int', value: 1 } } as const
  return graph.node({ operator: 'Gather', inputs: [matrix, position], attributes: axis })
}

/** Where only the second of two classes is told of, the first is what is left of one, or the opposite score. */
function addBoth(
  graph: GraphBuilder,
  value: string,
  { elementType }: ForeignPort,
  says: AdoptOptions['says'],
): string[] {
  if (says === 'scores') return [graph.node({ operator: 'Neg', inputs: [value] }), value]
  const type = elementType === elementTypes.float64 ? 'float64' : 'float32'
  const one = graph.constant('one', { elementType: type, shape: [], values: [1] })
  return [graph.node({ operator: 'Sub', inputs: [one, value] }), value]
}

function addLabel(graph: GraphBuilder, { name, elementType }: ForeignPort, options: OutputOptions): void {
  const { classOfCode, inner } = options
  const value = flat(graph, inner(name))
  graph.output({ name: labelOutput, elementType: 'string', shape: [rows] })
  if (elementType === elementTypes.string) {
    graph.node({ operator: 'Identity', inputs: [value], output: labelOutput })
    return
  }
  const whole = elementType === elementTypes.int64 ? value : addCast(graph, value, elementTypes.int64)
  if (classOfCode === undefined) {
    const to = { to: { kind: 'int', value: elementTypes.string } } as const
    graph.node({ operator: 'Cast', inputs: [whole], attributes: to, output: labelOutput })
    return
  }
  const names = graph.constant('classes', { elementType: 'string', shape: [classOfCode.length], values: classOfCode })
  graph.node({ operator: 'Gather', inputs: [names, whole], output: labelOutput })
}

/** The class of greatest probability or score, the first among equals. */
function addBestClass(graph: GraphBuilder, said: readonly string[], classes: readonly string[]): void {
  const size = graph.constant('size', { elementType: 'int64', shape: [2], values: [-1, 1] })
  const columns = said.map((value) => graph.node({ operator: 'Reshape', inputs: [value, size] }))
  const axis = { axis: { kind: 'int', value: 1 } } as const
  const code = graph.node({
    operator: 'ArgMax',
    inputs: [graph.node({ operator: 'Concat', inputs: columns, attributes: axis })],
    attributes: { ...axis, keepdims: { kind: 'int', value: 0 } },
  })
  const names = graph.constant('classes', { elementType: 'string', shape: [classes.length], values: classes })
  graph.node({ operator: 'Gather', inputs: [names, code], output: labelOutput })
  graph.output({ name: labelOutput, elementType: 'string', shape: [rows] })
}

interface Joining {
  /** Nodes of the graph around the model that come before it. */
  readonly before: number
  readonly prefix: string
  /** The inputs of the model, and the values that they are from now on. */
  readonly targets: readonly { readonly name: string; readonly from: string }[]
  readonly files: ExternalFiles
}

/** One file of both graphs: what feeds the model, its own nodes, what reads its answers. */
function joinGraphs(
  outer: GraphBuilder,
  model: ForeignModel,
  { before, prefix, targets, files }: Joining,
): Uint8Array<ArrayBuffer> {
  const built = outer.finish()
  const fed = targets.map(({ name, from }) => ({
    operator: 'Identity',
    domain: '' as const,
    inputs: [from],
    outputs: [`${prefix}${name}`],
    attributes: {},
  }))
  const nodes = [...built.nodes.slice(0, before), ...fed, ...built.nodes.slice(before)]
  const own = readFields(
    readFields(encodeModel({ ...built, nodes }, {})).find(({ number }) => number === 7)?.bytes ?? new Uint8Array(0),
  )
  const ownNodes = own.filter(({ number }) => number === 1).map(({ raw }) => raw)
  const inner = innerGraph(model, prefix, files)
  const first = before + fed.length
  const graph = joinBytes([
    ...ownNodes.slice(0, first),
    ...inner.nodes.map((bytes) => message(1, bytes)),
    ...ownNodes.slice(first),
    ...own.filter(({ number }) => number !== 1).map(({ raw }) => raw),
    ...inner.constants.map((bytes) => message(5, bytes)),
    ...inner.sparseConstants.map((bytes) => message(15, bytes)),
  ])
  return writeModel(model, graph)
}

function message(field: number, bytes: Uint8Array): Uint8Array {
  return written((writer) => writer.bytes(field, bytes))
}

function written(write: (writer: ProtobufWriter) => void): Uint8Array<ArrayBuffer> {
  const writer = createProtobufWriter()
  write(writer)
  return writer.finish()
}

/** The fields of a model beside its graph that stay: who made it, texts that go with it, functions. */
const keptFields: readonly number[] = [2, 3, 4, 5, 6, 14, 25]

function writeModel({ irVersion, operatorSets, fields }: ForeignModel, graph: Uint8Array): Uint8Array<ArrayBuffer> {
  const sets = new Map(operatorSets)
  if (!sets.has('')) sets.set('', 17)
  return joinBytes([
    written((writer) => writer.int(1, Math.max(irVersion, irVersionMin))),
    ...fields.filter(({ number }) => keptFields.includes(number)).map(({ raw }) => raw),
    message(7, graph),
    ...[...sets].map(([domain, version]) =>
      written((writer) =>
        writer.message(8, (set) => {
          set.text(1, domain)
          set.int(2, version)
        }),
      ),
    ),
  ])
}
