import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { sumFile } from '../../../test/support/onnx-file.js'
import { folderSource } from './folder-source.js'

let root = ''
const made: string[] = []
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fabrique-source-'))
  made.push(root)
})
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true })
})

async function write(path: string, content: string | Uint8Array = sumFile()): Promise<string> {
  const file = join(root, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  return file
}

describe('a place', () => {
  test('is an ONNX file, under its name or a given one', async () => {
    const path = await write('churn.onnx')
    const only = [{ version: '1', aliases: ['champion'] }]
    expect(await folderSource([{ path }]).list()).toEqual([{ model: 'churn', versions: only }])
    expect(await folderSource([{ path, name: 'other' }]).list()).toEqual([{ model: 'other', versions: only }])
  })

  test('is a model folder of MLflow, with its files in folders', async () => {
    await write('price/MLmodel', 'flavors:\n  onnx:\n    data: inner/model.onnx\n')
    await write('price/inner/model.onnx')
    const source = folderSource([{ path: join(root, 'price') }])
    expect(await source.list()).toEqual([{ model: 'price', versions: [{ version: '1', aliases: ['champion'] }] }])
    const { files } = await source.open('price', '1')
    expect([...files.paths].sort()).toEqual(['MLmodel', 'inner/model.onnx'])
    expect(Buffer.from(await files.read('inner/model.onnx'))).toEqual(Buffer.from(sumFile()))
  })

  test('is a repository; the highest number is the champion, and what is no version is passed over', async () => {
    for (const version of ['1', '2', '10', 'draft', '0', '03']) await write(`models/churn/${version}/model.onnx`)
    await write('models/churn/4/notes.txt', 'not yet')
    await write('models/churn/config.pbtxt', '')
    await write('models/price/7/MLmodel', 'flavors: {}')
    const source = folderSource([{ path: join(root, 'models') }])
    expect(await source.list()).toEqual([
      {
        model: 'churn',
        versions: [
          { version: '10', aliases: ['champion'] },
          { version: '2', aliases: [] },
          { version: '1', aliases: [] },
        ],
      },
      { model: 'price', versions: [{ version: '7', aliases: ['champion'] }] },
    ])
    expect(await source.find('churn', '2')).toEqual({ version: '2', aliases: [] })
    expect(await source.find('churn', '5')).toBeUndefined()
    await expect(source.open('churn', '5')).rejects.toMatchObject({ code: 'model_not_served' })
  })

  test('is the folder of one model', async () => {
    for (const version of ['1', '2']) await write(`churn/${version}/model.onnx`)
    const listed = await folderSource([{ path: join(root, 'churn'), name: 'loyal' }]).list()
    expect(listed).toMatchObject([{ model: 'loyal', versions: [{ version: '2' }, { version: '1' }] }])
  })

  test.each([
    ['nowhere.onnx', undefined, 'file_not_found'],
    ['empty', undefined, 'model_path_invalid'],
    ['notes.txt', undefined, 'model_path_invalid'],
    ['models', 'name', 'model_path_invalid'],
  ])('that is wrong is refused: %s', async (path, name, code) => {
    await mkdir(join(root, 'empty'))
    await write('notes.txt', 'x')
    await write('models/churn/1/model.onnx')
    await expect(folderSource([{ path: join(root, path), name }]).list()).rejects.toMatchObject({ code })
  })

  test('may not have a name that another has', async () => {
    const paths = [await write('a/churn.onnx'), await write('b/churn.onnx')]
    await expect(folderSource(paths.map((path) => ({ path }))).list()).rejects.toMatchObject({
      code: 'model_names_clash',
      params: { model: 'churn', first: paths[0], second: paths[1] },
    })
  })
})

describe('a version that comes later', () => {
  const versionsOf = async (source: ReturnType<typeof folderSource>) =>
    (await source.list()).flatMap(({ versions }) => versions.map(({ version }) => version))

  test('is listed once it has stayed the same', async () => {
    await write('churn/1/model.onnx')
    const source = folderSource([{ path: join(root, 'churn') }])
    expect(await versionsOf(source)).toEqual(['1'])
    await write('churn/2/model.onnx', 'the first half')
    expect(await versionsOf(source)).toEqual(['1'])
    await write('churn/2/model.onnx', sumFile())
    expect(await versionsOf(source)).toEqual(['1'])
    expect(await versionsOf(source)).toEqual(['2', '1'])
    await rename(join(root, 'churn/2'), join(root, 'churn/gone'))
    expect(await versionsOf(source)).toEqual(['1'])
  })

  test('cannot be changed once it was read', async () => {
    const file = await write('churn/1/model.onnx')
    const source = folderSource([{ path: join(root, 'churn') }])
    await source.list()
    await source.open('churn', '1')
    await writeFile(file, 'other')
    await expect(source.open('churn', '1')).rejects.toMatchObject({ code: 'blob_corrupt' })
  })
})
