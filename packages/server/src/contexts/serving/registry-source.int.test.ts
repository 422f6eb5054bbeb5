import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { operatorModel, operatorSignature } from '../../../test/support/operator-model.js'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { putArtifact } from '../artifacts/index.js'
import { createModelVersion, deleteModel, deleteModelVersion, moveAlias, registerVersion } from '../registry/index.js'
import { openModelServer } from './model-server.js'
import { registrySource } from './registry-source.js'
import { servingFromRegistry } from './serve-registry.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

/** Registers a model of two numbers as the next version. Returns the hash of its file. */
async function register(model: string, run: string, operator: Parameters<typeof operatorModel>[0]): Promise<string> {
  const { ctx } = suite
  const folder = `1/${run}/artifacts/model`
  const { 'model.onnx': content = new Uint8Array() } = operatorModel(operator)
  const { sha256 } = await putArtifact({ ctx, input: { path: `${folder}/model.onnx`, content } })
  await putArtifact({ ctx, input: { path: `${folder}/code/note.txt`, content: Buffer.from(operator) } })
  await registerVersion({
    ctx,
    input: {
      model,
      run_id: run,
      source: `mlflow-artifacts:/${folder}`,
      artifact_path: folder,
      signature: operatorSignature,
    },
  })
  return sha256
}

const move = (model: string, version: string, alias: string) =>
  moveAlias({ ctx: suite.ctx, input: { model, alias, version, reason: 'test' } })

test('lists the versions whose files are kept here, newest first with their aliases, and opens their files', async () => {
  const { ctx } = suite
  const source = registrySource(ctx)
  await register('calc', 'r1', 'Add')
  await register('calc', 'r2', 'Sub')
  await move('calc', '1', 'champion')
  await move('calc', '1', 'stable')
  await createModelVersion({ ctx, input: { model: 'elsewhere', source: 's3://bucket/model', make_model: true } })
  expect(await source.list()).toEqual([
    {
      model: 'calc',
      versions: [
        { version: '2', aliases: [], identity: expect.stringMatching(/^\d/) },
        { version: '1', aliases: ['champion', 'stable'], identity: expect.stringMatching(/^\d/) },
      ],
    },
  ])
  expect(await source.find('calc', '1')).toMatchObject({ version: '1', aliases: ['champion', 'stable'] })
  for (const version of ['3', 'x', '01', '99999999999']) expect(await source.find('calc', version)).toBeUndefined()
  expect(await source.find('elsewhere', '1')).toBeUndefined()

  const { files, signature } = await source.open('calc', '2')
  expect(signature).toEqual(operatorSignature)
  expect([...files.paths].sort()).toEqual(['code/note.txt', 'model.onnx'])
  expect(Buffer.from(await files.read('code/note.txt')).toString()).toBe('Sub')
  const { folder, release } = await files.checkOut()
  expect(await readFile(join(folder, 'code', 'note.txt'), 'utf8')).toBe('Sub')
  await release()
  await expect(readFile(join(folder, 'code', 'note.txt'))).rejects.toMatchObject({ code: 'ENOENT' })

  await deleteModelVersion({ ctx, input: { model: 'calc', version: '2', reason: 'test' } })
  expect(await source.find('calc', '2')).toBeUndefined()
  await expect(source.open('calc', '2')).rejects.toMatchObject({ code: 'model_not_served' })
})

test('a file with other content than the registry knows is not served, and the version before is', async () => {
  const { ctx, folder } = suite
  const server = openModelServer({ ...servingFromRegistry(ctx, { threads: 1 }), defaultModel: undefined })
  const ask = async () => (await server.predict('guarded', { features: [6, 2] })).predictions
  try {
    await register('guarded', 'g1', 'Add')
    await move('guarded', '1', 'champion')
    await server.reconcile()
    const sha256 = await register('guarded', 'g2', 'Mul')
    const path = join(folder, 'blobs', sha256.slice(0, 2), sha256.slice(2))
    await chmod(path, 0o600)
    const good = await readFile(path)
    // A model that loads, and is another.
    await writeFile(path, operatorModel('Div')['model.onnx'] ?? '')
    await move('guarded', '2', 'champion')
    await server.reconcile()
    expect(await ask()).toEqual([{ prediction: 8 }])
    const endpoint = server.endpoints().find(({ model }) => model === 'guarded')
    expect(endpoint).toMatchObject({
      version: '1',
      state: 'failed',
      error: expect.stringContaining(sha256.slice(0, 12)),
    })
    await writeFile(path, good)
    await server.reconcile()
    expect(await ask()).toEqual([{ prediction: 12 }])
  } finally {
    await server.close()
  }
})

test('a model that was deleted and made anew is served as it is now, though its versions count from 1 again', async () => {
  const { ctx } = suite
  const server = openModelServer({ ...servingFromRegistry(ctx, { threads: 1 }), defaultModel: undefined })
  const ask = async () => (await server.predict('again', { features: [6, 2] })).predictions
  try {
    await register('again', 'a1', 'Add')
    await move('again', '1', 'champion')
    await server.reconcile()
    expect(await ask()).toEqual([{ prediction: 8 }])
    await deleteModel({ ctx, input: { model: 'again' } })
    await register('again', 'a2', 'Sub')
    await move('again', '1', 'champion')
    await server.reconcile()
    expect(await ask()).toEqual([{ prediction: 4 }])
  } finally {
    await server.close()
  }
})
