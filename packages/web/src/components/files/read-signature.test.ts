import { describe, expect, it } from 'vitest'
import { readModelFile } from './read-signature.js'

// As Python's yaml.safe_dump writes it: texts are folded at 80 columns.
const folded = `artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
  sklearn:
    pickled_model: model.pkl
mlflow_version: 3.17.2
model_size_bytes: 1024
run_id: 0a0a0a0a
signature:
  inputs: '[{"type": "double", "name": "sepal length (cm)", "required": true}, {"type":
    "long", "name": "count", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 3]}}]'
  params: '[{"name": "temperature", "type": "double", "default": 0.5, "shape": null}]'
utc_time_created: '2026-11-21 09:30:00.000000'
`

describe('readModelFile', () => {
  it('reads flavours, facts and the signature of a folded file', () => {
    expect(readModelFile(folded)).toEqual({
      flavors: ['python_function', 'sklearn'],
      facts: [
        ['mlflow_version', '3.17.2'],
        ['run_id', '0a0a0a0a'],
        ['utc_time_created', '2026-11-21 09:30:00.000000'],
        ['model_size_bytes', '1024'],
        ['artifact_path', 'model'],
      ],
      signature: {
        inputs: [
          { name: 'sepal length (cm)', type: 'double', isRequired: true },
          { name: 'count', type: 'long', isRequired: false },
        ],
        outputs: [{ name: '0', type: 'tensor int64 (-1, 3)', isRequired: true }],
        params: [{ name: 'temperature', type: 'double', isRequired: true, initial: '0.5' }],
      },
    })
  })

  it('names nested types', () => {
    const inputs = JSON.stringify([
      { name: 'a', type: 'array', items: { type: 'string' } },
      { name: 'o', type: 'object', properties: { x: { type: 'map', values: { type: 'long' } } } },
    ])
    const file = readModelFile(JSON.stringify({ signature: { inputs, outputs: null, params: null } }))
    expect(file.signature?.inputs.map(({ type }) => type)).toEqual(['array(string)', 'object(x: map(long))'])
    expect(file.signature?.outputs).toEqual([])
  })

  it('has no signature where none was logged', () => {
    expect(readModelFile('flavors: {}\n').signature).toBeUndefined()
    expect(readModelFile('signature: null\n').signature).toBeUndefined()
  })

  it('throws where the signature is broken', () => {
    expect(() => readModelFile("signature:\n  inputs: '[{'\n")).toThrow(SyntaxError)
  })
})
