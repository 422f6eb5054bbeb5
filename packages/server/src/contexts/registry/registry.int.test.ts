import type { ModelSignature } from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import {
  createModel,
  createModelVersion,
  deleteAlias,
  getAlias,
  getModel,
  getModelVersion,
  listAliasTargets,
  modelVersionsOf,
  moveAlias,
  registerVersion,
} from './index.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

const signature: ModelSignature = {
  task: 'classification',
  features: [{ name: 'sepal_length', type: 'number' }],
  target: { name: 'species', classes: ['a', 'b'] },
  example: { sepal_length: 1 },
}
const register = (model: string, run: string) =>
  registerVersion({
    ctx: suite.ctx,
    input: {
      model,
      run_id: run,
      source: `mlflow-artifacts:/1/${run}/model`,
      artifact_path: `1/${run}/model`,
      signature,
    },
  })
const move = (model: string, version: string, alias = 'champion') =>
  moveAlias({ ctx: suite.ctx, input: { model, alias, version, reason: 'test' } })

describe('registerVersion', () => {
  test('numbers versions and makes the model', async () => {
    expect((await register('numbers', 'r1')).version).toBe(1)
    expect((await register('numbers', 'r2')).version).toBe(2)
    const model = await getModel({ ctx: suite.ctx, input: { model: 'numbers' } })
    expect(model).toMatchObject({ version_count: 2, latest_version: '2', aliases: {} })
    expect(model.versions.map(({ version }) => version)).toEqual(['2', '1'])
  })

  test('gives the version it has for the same folder of the same run', async () => {
    const first = await register('same', 'r1')
    expect(await register('same', 'r1')).toEqual(first)
  })

  test('gives each of many at once a number of its own', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, (_, index) => register('many', `run-${index}`)))
    expect(made.map(({ version }) => version).sort((left, right) => left - right)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    )
  })

  test('is found from its run', async () => {
    await register('by-run', 'the-run')
    const found = await modelVersionsOf(suite.ctx, ['the-run', 'another'])
    expect(found.get('the-run')).toEqual([{ name: 'by-run', version: '1' }])
  })
})

test('a copy of a version knows what the version knows of its files', async () => {
  const { ctx } = suite
  await register('original', 'copied-run')
  await createModel({ ctx, input: { name: 'copy' } })
  const copy = await createModelVersion({ ctx, input: { model: 'copy', source: 'models:/original/1' } })
  expect(copy).toMatchObject({ signature, run_id: 'copied-run', artifact_path: '1/copied-run/model' })
  const input = { model: 'copy', alias: 'champion', version: '1' }
  await moveAlias({ ctx, input })
  const targets = await listAliasTargets({ ctx, input: { alias: 'champion' } })
  expect(targets).toContainEqual(expect.objectContaining({ model: 'copy', signature }))
})

test('an alias of a version whose files are elsewhere is nothing to serve', async () => {
  const { ctx } = suite
  await createModel({ ctx, input: { name: 'elsewhere' } })
  await createModelVersion({ ctx, input: { model: 'elsewhere', source: 's3://bucket/model' } })
  await moveAlias({ ctx, input: { model: 'elsewhere', alias: 'champion', version: '1' } })
  const targets = await listAliasTargets({ ctx, input: { alias: 'champion' } })
  expect(targets.map(({ model }) => model)).not.toContain('elsewhere')
})

test('the folder of a run is not registered as a version of a prompt', async () => {
  const tags = { 'mlflow.prompt.is_prompt': 'true' }
  await createModel({ ctx: suite.ctx, input: { name: 'a-prompt', tags } })
  await expect(register('a-prompt', 'r1')).rejects.toMatchObject({ code: 'model_name_is_prompt' })
})

describe('moveAlias', () => {
  test('moves, keeps the history, and tells who serves', async () => {
    await register('moved', 'r1')
    await register('moved', 'r2')
    await move('moved', '1')
    await move('moved', '2')
    expect((await getAlias({ ctx: suite.ctx, input: { model: 'moved', alias: 'champion' } }))?.version).toBe(2)
    const { alias_history: history } = await getModel({ ctx: suite.ctx, input: { model: 'moved' } })
    expect(history.map(({ from_version, to_version }) => [from_version, to_version])).toEqual(
      expect.arrayContaining([
        ['1', '2'],
        [undefined, '1'],
      ]),
    )
    const targets = await listAliasTargets({ ctx: suite.ctx, input: { alias: 'champion' } })
    expect(targets).toContainEqual(expect.objectContaining({ model: 'moved', version: '2', signature }))
  })

  test('to where it is changes nothing', async () => {
    await register('still', 'r1')
    await move('still', '1')
    await move('still', '1')
    expect((await getModel({ ctx: suite.ctx, input: { model: 'still' } })).alias_history).toHaveLength(1)
  })

  test.each([
    ['a model that does not exist', 'nope', '1', 'champion', 'model_not_found'],
    ['a version that does not exist', 'still', '9', 'champion', 'model_version_not_found'],
    ['a version that is not a number', 'still', 'one', 'champion', 'model_version_not_found'],
    ['a reserved alias', 'still', '1', 'latest', 'alias_invalid'],
    ['an alias like a version', 'still', '1', 'v2', 'alias_invalid'],
  ])('refuses %s', async (_name, model, version, alias, code) => {
    await expect(move(model, version, alias)).rejects.toMatchObject({ code })
  })

  test('an alias that is deleted is gone, once', async () => {
    await register('gone', 'r1')
    await move('gone', '1')
    const input = { model: 'gone', alias: 'champion', reason: 'test' }
    await deleteAlias({ ctx: suite.ctx, input })
    expect((await getModelVersion({ ctx: suite.ctx, input: { model: 'gone', version: '1' } })).aliases).toEqual([])
    await expect(deleteAlias({ ctx: suite.ctx, input })).rejects.toMatchObject({ code: 'alias_not_found' })
  })
})
