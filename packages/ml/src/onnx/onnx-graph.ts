import { MlError } from '../ml-error.js'

/** Element types of tensors, by their numbers in `TensorProto.DataType`. */
export const elementTypes = { float32: 1, int64: 7, string: 8, bool: 9, float64: 11 } as const

export type ElementType = keyof typeof elementTypes

/** A constant of the graph, its elements in row-major order. */
export type OnnxTensor =
  | {
      readonly elementType: 'float32' | 'float64'
      readonly shape: readonly number[]
      readonly values: ArrayLike<number>
    }
  | { readonly elementType: 'int64'; readonly shape: readonly number[]; readonly values: ArrayLike<number | bigint> }
  | { readonly elementType: 'string'; readonly shape: readonly number[]; readonly values: readonly string[] }

/** A setting of a node. */
export type OnnxAttribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly values: ArrayLike<number | bigint> }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'floats'; readonly values: ArrayLike<number> }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly values: readonly string[] }

/** Operator sets that nodes come from: '' is ONNX itself; 'com.microsoft' is in every CPU build of onnxruntime, and in nothing else. */
export type OperatorDomain = '' | 'ai.onnx.ml' | 'com.microsoft'

export interface OnnxNode {
  readonly operator: string
  readonly domain: OperatorDomain
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** An input or output of the model. A string dimension is free; equal names are equal sizes. */
export interface OnnxPort {
  readonly name: string
  readonly elementType: ElementType
  readonly shape: readonly (number | string)[]
}

/** A graph as plain data: what `encodeModel` writes. */
export interface OnnxGraph {
  readonly name: string
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
  readonly constants: readonly { readonly name: string; readonly tensor: OnnxTensor }[]
  readonly nodes: readonly OnnxNode[]
}

/** A node to add: one that gives one new value, unless it names its outputs. */
export interface NodeRequest {
  readonly operator: string
  readonly domain?: OperatorDomain
  readonly inputs: readonly string[]
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
  /** Name of the output when it is an output of the model; otherwise a free name is chosen. */
  readonly output?: string
}

/**
 * Collects a graph. Nodes must be added in an order in which each comes after those it reads from. Names of inputs and
 * outputs are the caller's; names of values in between are chosen so that they never meet those.
 */
export interface GraphBuilder {
  /** Adds an input of the model and returns its name. */
  input(port: OnnxPort): string
  /** Declares an output of the model; a node with that output must be added too. */
  output(port: OnnxPort): void
  /** Adds a constant and returns its name. */
  constant(hint: string, tensor: OnnxTensor): string
  /** Adds a node and returns the name of its output. */
  node(request: NodeRequest): string
  /** The same for a node of several outputs, all with chosen names. */
  nodeWith(outputCount: number, request: Omit<NodeRequest, 'output'>): string[]
  finish(): OnnxGraph
}

/**
 * @param name name of the graph
 * @param reservedNames names of the inputs and outputs to come
 */
export function createGraphBuilder(name: string, reservedNames: readonly string[]): GraphBuilder {
  const reserved = new Set(reservedNames)
  const inputs: OnnxPort[] = []
  const outputs: OnnxPort[] = []
  const constants: { name: string; tensor: OnnxTensor }[] = []
  const nodes: OnnxNode[] = []

  function freeName(hint: string): string {
    let free = hint
    for (let suffix = 2; reserved.has(free); suffix++) free = `${hint}_${suffix}`
    reserved.add(free)
    return free
  }

  function assertReserved(port: OnnxPort): void {
    if (reserved.has(port.name)) return
    throw new MlError('reserved_name', `The graph was not told of ${JSON.stringify(port.name)}: reserve it first`, {
      value: port.name,
    })
  }

  return {
    input(port) {
      assertReserved(port)
      inputs.push(port)
      return port.name
    },
    output(port) {
      assertReserved(port)
      outputs.push(port)
    },
    constant(hint, tensor) {
      const constantName = freeName(hint)
      constants.push({ name: constantName, tensor })
      return constantName
    },
    node({ operator, domain = '', inputs: read, attributes = {}, output }) {
      const outputName = output ?? freeName(operator.toLowerCase())
      nodes.push({ operator, domain, inputs: read, outputs: [outputName], attributes })
      return outputName
    },
    nodeWith(outputCount, { operator, domain = '', inputs: read, attributes = {} }) {
      const outputNames = Array.from({ length: outputCount }, () => freeName(operator.toLowerCase()))
      nodes.push({ operator, domain, inputs: read, outputs: outputNames, attributes })
      return outputNames
    },
    finish: () => ({ name, inputs, outputs, constants, nodes }),
  }
}
