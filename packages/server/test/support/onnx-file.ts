/** Numbers of `TensorProto.DataType`, by the names that the Open Inference Protocol gives the types. */
const elementTypes = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
} as const

export type TestDatatype = keyof typeof elementTypes
export const testDatatypes = Object.keys(elementTypes) as readonly TestDatatype[]

/** An input or output; a text stands for a free dimension. */
export interface TestPort {
  readonly name: string
  readonly datatype: TestDatatype
  readonly shape: readonly (number | string)[]
  /** Where it is a list of maps by class instead, as converters add to classifiers. */
  readonly isMap?: true
}

export interface TestNode {
  readonly operator: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly ints?: Readonly<Record<string, number>>
  readonly texts?: Readonly<Record<string, readonly string[]>>
  /** Of the operator; that of ONNX itself without. */
  readonly domain?: string
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

const int = (field: number, value: number) => [...varint(field * 8), ...varint(value)]
const bytes = (field: number, content: readonly number[]) => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
]
const text = (field: number, value: string) => bytes(field, [...Buffer.from(value, 'utf8')])

function port({ name, datatype, shape, isMap }: TestPort): number[] {
  // A list of maps from texts to numbers.
  if (isMap)
    return [
      ...text(1, name),
      ...bytes(2, bytes(4, bytes(1, bytes(5, [...int(1, 8), ...bytes(2, bytes(1, int(1, 1)))])))),
    ]
  const dimensions = shape.flatMap((size) => bytes(1, typeof size === 'number' ? int(1, size) : text(2, size)))
  const tensor = [...int(1, elementTypes[datatype]), ...bytes(2, dimensions)]
  return [...text(1, name), ...bytes(2, bytes(1, tensor))]
}

function node({ operator, inputs, outputs, ints = {}, texts = {}, domain = '' }: TestNode): number[] {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, operator),
    ...text(7, domain),
    ...Object.entries(texts).flatMap(([name, values]) =>
      bytes(5, [...text(1, name), ...values.flatMap((value) => text(9, value)), ...int(20, 8)]),
    ),
    ...Object.entries(ints).flatMap(([name, value]) => bytes(5, [...text(1, name), ...int(3, value), ...int(20, 2)])),
  ]
}

/** A small ONNX file of any types, as `packages/ml` writes those of trained models. */
export function onnxFile(graph: {
  readonly inputs: readonly TestPort[]
  readonly outputs: readonly TestPort[]
  readonly nodes: readonly TestNode[]
  /** What the file says of itself. */
  readonly metadata?: Readonly<Record<string, string>>
}): Uint8Array {
  return Uint8Array.from([
    ...int(1, 8),
    ...bytes(7, [
      ...graph.nodes.flatMap((each) => bytes(1, node(each))),
      ...text(2, 'test'),
      ...graph.inputs.flatMap((each) => bytes(11, port(each))),
      ...graph.outputs.flatMap((each) => bytes(12, port(each))),
    ]),
    ...bytes(8, [...text(1, ''), ...int(2, 17)]),
    ...bytes(8, [...text(1, 'ai.onnx.ml'), ...int(2, 3)]),
    ...Object.entries(graph.metadata ?? {}).flatMap(([key, value]) => bytes(14, [...text(1, key), ...text(2, value)])),
  ])
}

/** Gives what it is given. */
export function echoFile(datatype: TestDatatype, shape: readonly (number | string)[]): Uint8Array {
  return onnxFile({
    inputs: [{ name: 'x', datatype, shape }],
    outputs: [{ name: 'y', datatype, shape }],
    nodes: [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }],
  })
}

/** Two numbers of different types for each row: their sum and difference. */
export function sumFile(): Uint8Array {
  return onnxFile({
    inputs: [
      { name: 'a', datatype: 'FP32', shape: ['N'] },
      { name: 'b', datatype: 'INT64', shape: ['N'] },
    ],
    outputs: [
      { name: 'sum', datatype: 'FP32', shape: ['N'] },
      { name: 'difference', datatype: 'FP32', shape: ['N'] },
    ],
    nodes: [
      { operator: 'Cast', inputs: ['b'], outputs: ['float_b'], ints: { to: elementTypes.FP32 } },
      { operator: 'Add', inputs: ['a', 'float_b'], outputs: ['sum'] },
      { operator: 'Sub', inputs: ['a', 'float_b'], outputs: ['difference'] },
    ],
  })
}

/** Tells which of red, green and blue is the brightest: the mean of each channel is its score. */
export function colourFile({
  shape = ['N', 3, 8, 8],
  metadata = {},
}: {
  readonly shape?: TestPort['shape']
  readonly metadata?: Readonly<Record<string, string>>
} = {}): Uint8Array {
  return onnxFile({
    inputs: [{ name: 'image', datatype: 'FP32', shape }],
    outputs: [{ name: 'means', datatype: 'FP32', shape: [shape[0] ?? 'N', 3] }],
    nodes: [
      { operator: 'GlobalAveragePool', inputs: ['image'], outputs: ['pooled'] },
      { operator: 'Flatten', inputs: ['pooled'], outputs: ['means'] },
    ],
    metadata,
  })
}

/** What such a file says of itself, so that `/predict` answers. */
export const colourMetadata = (image: Readonly<Record<string, unknown>> = {}) => ({
  'fabrique.task': 'classification',
  'fabrique.signature': JSON.stringify({
    features: [{ name: 'image', type: 'image', image }],
    classes: ['red', 'green', 'blue'],
    target: 'colour',
    output: 'scores',
  }),
})
