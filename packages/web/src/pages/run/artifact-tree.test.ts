import { describe, expect, it } from 'vitest'
import { artifactTree, previewKind } from './artifact-tree.js'

describe('artifactTree', () => {
  it('nests files in their folders, folders first', () => {
    const tree = artifactTree([
      { path: 'a.txt', is_folder: false },
      { path: 'model', is_folder: true },
      { path: 'model/MLmodel', is_folder: false },
      { path: 'model/deep', is_folder: true },
      { path: 'model/deep/x.json', is_folder: false },
    ])
    expect(tree.map(({ name }) => name)).toEqual(['model', 'a.txt'])
    expect(tree[0]?.children.map(({ name }) => name)).toEqual(['deep', 'MLmodel'])
    expect(tree[0]?.children[0]?.children[0]?.entry.path).toBe('model/deep/x.json')
  })
})

describe('previewKind', () => {
  it.each([
    ['model/MLmodel', 'text'],
    ['a/B.JSON', 'json'],
    ['metrics.csv', 'table'],
    ['plot.PNG', 'image'],
    ['model.onnx', 'none'],
    ['README', 'none'],
    ['page.html', 'text'],
  ])('%s is shown as %s', (path, kind) => {
    expect(previewKind(path)).toBe(kind)
  })
})
