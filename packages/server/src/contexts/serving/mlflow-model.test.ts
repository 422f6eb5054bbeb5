import { describe, expect, test } from 'vitest'
import { readMlflowModel, tensorSpecsOf } from './mlflow-model.js'

/** As MLflow 2.22 writes it. */
const mixed = `
flavors:
  python_function:
    cloudpickle_version: 3.1.2
    code: null
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.pyfunc.model
    python_model: python_model.pkl
    python_version: 3.11.7
    streamable: false
is_signature_from_type_hint: false
mlflow_version: 2.22.5
model_size_bytes: 1760
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  serving_input_path: serving_input_example.json
  type: dataframe
signature:
  inputs: '[{"type": "string", "name": "t", "required": true}, {"type": "datetime",
    "name": "d", "required": true}, {"type": "boolean", "name": "b", "required": true},
    {"type": "integer", "name": "i", "required": false}, {"type": "float", "name":
    "f", "optional": true}, {"type": "binary", "name": "y", "required": true}, {"type":
    "array", "items": {"type": "long"}, "name": "l", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1, 3]}}]'
  params: '[{"name": "k", "default": 1, "shape": null, "type": "long"}]'
utc_time_created: '2026-11-22 10:50:01.757427'
`

describe('readMlflowModel', () => {
  test('reads flavours, examples and the signature', () => {
    const model = readMlflowModel(mixed)
    expect(model).toMatchObject({
      flavors: ['python_function'],
      onnxFile: undefined,
      hasPyfunc: true,
      pythonVersion: '3.11.7',
      mlflowVersion: '2.22.5',
      inputExample: 'input_example.json',
      servingInput: 'serving_input_example.json',
    })
    const required = model.signature?.inputs.map((field) => field.kind === 'column' && field.isRequired)
    expect(required).toEqual([true, true, true, false, false, true, true])
    expect(model.signature?.params).toEqual([{ name: 'k', type: 'long', default: 1, shape: undefined }])
  })

  test('its fields as tensors: columns are rows, what is no number is BYTES, a field without a name has its place', () => {
    const { signature } = readMlflowModel(mixed)
    expect(tensorSpecsOf(signature?.inputs ?? [], 'input').map(({ datatype }) => datatype)).toEqual([
      'BYTES',
      'BYTES',
      'BOOL',
      'INT32',
      'FP32',
      'BYTES',
      'BYTES',
    ])
    expect(tensorSpecsOf(signature?.outputs ?? [], 'output')).toEqual([
      { name: 'output-0', datatype: 'INT64', shape: [-1, 3] },
    ])
  })

  test('a model without a signature has none', () => {
    const model = readMlflowModel('flavors:\n  onnx:\n    data: model.onnx\nmlflow_version: 1.0.0\n')
    expect(model).toMatchObject({ onnxFile: 'model.onnx', hasPyfunc: false, signature: undefined })
  })

  test.each<[what: string, text: string, reason: RegExp]>([
    ['no YAML', 'flavors: [', /is not YAML/],
    ['a list', '- 1', /cannot be read/],
    ['no flavours', 'mlflow_version: 2.0.0', /at flavors/],
    ['inputs that are no JSON', 'flavors: {}\nsignature:\n  inputs: "[{"', /inputs .* are not JSON/],
    ['inputs that are no list', 'flavors: {}\nsignature:\n  inputs: "{}"', /inputs .* cannot be read/],
    ['a file outside of its folder', 'flavors:\n  onnx:\n    data: ../../secret.onnx', /inside of the folder/],
    ['a file by its whole path', 'flavors:\n  onnx:\n    data: /etc/passwd', /inside of the folder/],
    ['more than any model says', `flavors: {}\n# ${'x'.repeat(5_000_000)}`, /longer than/],
  ])('%s is refused with the reason', (_, text, reason) => {
    expect(() => readMlflowModel(text)).toThrow(reason)
  })
})
