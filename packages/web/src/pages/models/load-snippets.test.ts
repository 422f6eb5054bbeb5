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

  it('leaves out the ways that the files do not allow', () => {
    const snippets = loadSnippets(version, 'http://here', undefined)
    expect(snippets).toMatchObject({ onnxruntime: undefined, typescript: undefined, curl: undefined })
    expect(snippets.mlflow).not.toContain('pandas')
    expect(loadSnippets(version, 'http://here', 'x.onnx').onnxruntime).not.toContain('numpy')
  })
})
