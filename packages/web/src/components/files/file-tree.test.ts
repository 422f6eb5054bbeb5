import { describe, expect, it } from 'vitest'
import { fileTree, modelFolders, previewKind } from './file-tree.js'

const file = (path: string) => ({ path, is_folder: false })

describe('fileTree', () => {
  it('nests files in their folders, folders first', () => {
    const tree = fileTree([
      file('a.txt'),
      { path: 'model', is_folder: true },
      file('model/MLmodel'),
      { path: 'model/deep', is_folder: true },
      file('model/deep/x.json'),
    ])
    expect(tree.map(({ name }) => name)).toEqual(['model', 'a.txt'])
    expect(tree[0]?.children.map(({ name }) => name)).toEqual(['deep', 'MLmodel'])
    expect(tree[0]?.children[0]?.children[0]?.entry.path).toBe('model/deep/x.json')
  })

  it('makes the folders that the list leaves out', () => {
    const [folder] = fileTree([file('plots/deep/a.png')])
    expect(folder?.entry).toEqual({ path: 'plots', is_folder: true })
    expect(folder?.children[0]?.entry).toEqual({ path: 'plots/deep', is_folder: true })
  })
})

describe('modelFolders', () => {
  it('finds the folders with an MLmodel', () => {
    expect(modelFolders([file('MLmodel'), file('model/MLmodel'), file('a/b/MLmodel'), file('xMLmodel')])).toEqual([
      '',
      'model',
      'a/b',
    ])
  })
})

describe('previewKind', () => {
  it.each([
    ['model/MLmodel', 'model'],
    ['a/B.JSON', 'json'],
    ['metrics.csv', 'csv'],
    ['plot.PNG', 'image'],
    ['model.onnx', 'none'],
    ['README', 'none'],
    ['page.html', 'html'],
    ['notes.md', 'text'],
  ])('%s is shown as %s', (path, kind) => {
    expect(previewKind(path)).toBe(kind)
  })
})
