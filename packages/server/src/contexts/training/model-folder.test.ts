import type { ModelSignature } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { modelFolder } from './model-folder.js'

const signature: ModelSignature = {
  task: 'regression',
  features: [
    { name: 'size', type: 'number', nullable: true },
    { name: 'member', type: 'boolean' },
    { name: 'town', type: 'category', nullable: true },
    { name: 'since', type: 'timestamp' },
    { name: 'until', type: 'timestamp' },
  ],
  target: { name: 'price', classes: [], unit: '€' },
  example: { until: 1000, since: '2024-01-01T00:00:00.000Z', town: null, member: true, size: null },
}

const files = modelFolder({
  signature,
  onnx: new Uint8Array([1, 2, 3]),
  runId: 'r',
  modelUuid: 'u',
  createdAt: new Date(0),
})
const textOf = (name: string) => new TextDecoder().decode(files[name])

test('the example is a row as the file takes it, in the order of the signature', () => {
  const row = [null, 1, '', 1_704_067_200_000, 1000]
  expect(JSON.parse(textOf('input_example.json'))).toEqual({
    columns: ['size', 'member', 'town', 'since', 'until'],
    data: [row],
  })
  expect(JSON.parse(textOf('serving_input_example.json')).dataframe_split.data).toEqual([row])
})

test('every column is required in the signature of MLflow, since the file needs it', () => {
  const { inputs, outputs } = parse(textOf('MLmodel')).signature
  expect(JSON.parse(inputs)).toEqual([
    { type: 'double', name: 'size', required: true },
    { type: 'double', name: 'member', required: true },
    { type: 'string', name: 'town', required: true },
    { type: 'long', name: 'since', required: true },
    { type: 'long', name: 'until', required: true },
  ])
  expect(JSON.parse(outputs)).toEqual([{ type: 'float', name: 'prediction', required: true }])
})
