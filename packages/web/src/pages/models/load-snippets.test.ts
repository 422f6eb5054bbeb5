import { describe, expect, it } from 'vitest'
import { loadSnippets } from './load-snippets.js'

const signature = {
  task: 'classification' as const,
  features: [{ name: 'a', type: 'number' as const }],
  target: { name: 'y', classes: ['no', 'yes'] },
  example: { a: 1.5 },
}
const version = { model: "my model's", version: '2' }

describe('loadSnippets', () => {
  it('offers every way where there is a signature and an ONNX file', () => {
    const snippets = loadSnippets({ ...version, signature }, 'http://here', 'model.onnx')
    expect(snippets.mlflow).toContain('mlflow.pyfunc.load_model("models:/my model\'s/2")')
    expect(snippets.mlflow).toContain('    "a": 1.5,\n')
    expect(snippets.onnxruntime).toContain('f"{folder}/model.onnx"')
    expect(snippets.typescript).toContain('/api/v1/models/my%20model%27s/versions/2/artifacts/file?path=model.onnx')
    expect(snippets.curl).toContain(`'{"features":[{"a":1.5}]}'`)
  })

  it('gives a file what it takes: floats, milliseconds, texts', () => {
    const mixed = {
      ...signature,
      features: [
        { name: 'n', type: 'integer' as const },
        { name: 'b', type: 'boolean' as const },
        { name: 'm', type: 'timestamp' as const },
        { name: 't', type: 'text' as const },
      ],
      example: { n: 4, b: true, m: '2024-01-01T00:00:00.000Z', t: 'x' },
    }
    const snippets = loadSnippets({ ...version, signature: mixed }, 'http://here', 'model.onnx')
    const row = 'row = {\n    "n": 4.0,\n    "b": 1.0,\n    "m": 1704067200000,\n    "t": "x",\n}'
    expect(snippets.mlflow).toContain(row)
    expect(snippets.onnxruntime).toContain(row)
    expect(snippets.typescript).toContain('= {"n":4,"b":1,"m":1704067200000,"t":"x"}')
    expect(snippets.curl).toContain('{"n":4,"b":true,"m":"2024-01-01T00:00:00.000Z","t":"x"}')
  })

  it('asks by key where features are looked up', () => {
    const lookup = {
      project: 'churn',
      service: 'churn',
      service_version: 2,
      keys: ['user_id'],
      features: ['a'],
      on_missing: 'error' as const,
      defaults: {},
      example: { user_id: 'u1' },
    }
    const snippets = loadSnippets(
      { ...version, signature: { ...signature, feature_lookup: lookup } },
      'http://here',
      'm',
    )
    expect(snippets.curl).toContain(`'{"features":[{"user_id":"u1"}]}'`)
    expect(snippets.mlflow).toContain('    "a": 1.5,\n')
  })

  it('leaves out the ways that the files do not allow', () => {
    const snippets = loadSnippets(version, 'http://here', undefined)
    expect(snippets).toMatchObject({ onnxruntime: undefined, typescript: undefined, curl: undefined })
    expect(snippets.mlflow).not.toContain('pandas')
    expect(loadSnippets(version, 'http://here', 'x.onnx').onnxruntime).not.toContain('numpy')
  })
})
