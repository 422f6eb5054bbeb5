import { designMatrix, exportEstimator, linearRegression, numericColumn } from '@fabrique/ml'
import { expect, test } from 'vitest'
import { colourFile, colourMetadata, echoFile } from '../../../test/support/onnx-file.js'
import { fileSignature } from './file-signature.js'

/** An ONNX file of ours on two columns. */
async function priceFile(metadata: Readonly<Record<string, string>> = {}): Promise<Uint8Array> {
  const rows = Float64Array.from({ length: 20 }, (_, row) => row)
  const features = designMatrix([
    numericColumn(
      'rooms',
      rows.map((row) => row % 5),
    ),
    numericColumn(
      'floor',
      rows.map((row) => row % 3),
    ),
  ])
  const model = await linearRegression.fit({ features, target: { kind: 'values', values: rows } })
  return exportEstimator(linearRegression, model, { target: 'price', metadata })
}

test('a file of ours says what it takes and gives', async () => {
  expect(fileSignature(await priceFile({ note: 'né 😀'.repeat(100) }))).toEqual({
    task: 'regression',
    features: [
      { name: 'rooms', type: 'number' },
      { name: 'floor', type: 'number' },
    ],
    target: { name: 'price', classes: [] },
    example: { rooms: 0, floor: 0 },
  })
})

test('other files say nothing', async () => {
  const file = await priceFile()
  for (const other of [
    echoFile('FP32', ['N', 2]),
    new Uint8Array(),
    Buffer.from('hello'),
    new Uint8Array(64).fill(255),
  ]) {
    expect(fileSignature(other)).toBeUndefined()
  }
  for (let length = 0; length < file.length; length += 7)
    expect(() => fileSignature(file.subarray(0, length))).not.toThrow()
})

test('a model of images says how it takes them, what its output holds, and what beside them', () => {
  expect(fileSignature(colourFile({ metadata: colourMetadata({ fit: 'crop' }) }))).toEqual({
    task: 'classification',
    features: [{ name: 'image', type: 'image', image: { fit: 'crop' } }],
    target: { name: 'colour', classes: ['red', 'green', 'blue'], output: 'scores' },
    example: { image: { b64: expect.any(String) } },
  })
  const told = {
    features: [
      { name: 'x', type: 'image' },
      { name: 'age', type: 'float32' },
    ],
  }
  expect(fileSignature(colourFile({ metadata: { 'fabrique.signature': JSON.stringify(told) } }))).toEqual({
    task: 'regression',
    features: [
      { name: 'x', type: 'image', image: {} },
      { name: 'age', type: 'number' },
    ],
    target: { name: 'prediction', classes: [] },
    example: { x: { b64: expect.any(String) }, age: 0 },
  })
})

test.each([
  [
    'a key that is not known',
    { features: [{ name: 'x', type: 'image', image: { means: [1] } }] },
    /at features\.0\.image/,
  ],
  ['another kind of output', { features: [{ name: 'x', type: 'image' }], output: 'boxes' }, /at output/],
  [
    'a feature of another type',
    {
      features: [
        { name: 'x', type: 'image' },
        { name: 'y', type: 'sound' },
      ],
    },
    /at features\.1/,
  ],
])('a description of images with %s is refused', (_, told, reason) => {
  expect(() => fileSignature(colourFile({ metadata: { 'fabrique.signature': JSON.stringify(told) } }))).toThrow(reason)
})
