import type { ModelSignature } from '@fabrique/contract'
import { onnxFile } from './onnx-file.js'

export const operators = ['Add', 'Sub', 'Mul', 'Div'] as const

/** What each says of two numbers. */
export const answerOf: Readonly<Record<(typeof operators)[number], (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
}

/** A regression of two numbers by one operator, in the form of Fabrique: answers tell which version gave them. */
export function operatorModel(operator: (typeof operators)[number]): Readonly<Record<string, Uint8Array>> {
  const ports = ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: ['N'] }) as const)
  return {
    'model.onnx': onnxFile({
      inputs: ports,
      outputs: [{ name: 'prediction', datatype: 'FP32', shape: ['N'] }],
      nodes: [{ operator, inputs: ['a', 'b'], outputs: ['prediction'] }],
    }),
  }
}

export const operatorSignature: ModelSignature = {
  task: 'regression',
  features: [
    { name: 'a', type: 'number' },
    { name: 'b', type: 'number' },
  ],
  target: { name: 'y', classes: [] },
  example: { a: 1, b: 2 },
}
