import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LineageKind, ProjectDefinition } from '@fabrique/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestContext, type TestContext } from '../../../test/support/test-context.js'
import { ingest } from '../datasets/index.js'
import { getLineage } from '../lineage/index.js'
import { applyProject } from '../projects/index.js'
import { deleteAlias, deleteModelVersion, moveAlias, registerVersion, updateModel } from '../registry/index.js'
import { deleteRun, eraseRuns, restoreRun, updateRun } from '../tracking/index.js'
import { type TrainingTools, trainModel } from '../training/index.js'
import { validateSnapshot } from '../validation/index.js'
import { openModelServer } from './model-server.js'
import { servingFromRegistry } from './serve-registry.js'

let suite: TestContext
beforeAll(async () => {
  suite = await openTestContext()
})
afterAll(() => suite?.close())

/** 60 flowers of two kinds that one length tells apart. */
const flowers = Array.from(
  { length: 60 },
  (_, at) => `${(at % 2) * 3 + at / 100},${at % 7},${at % 2 === 0 ? 'a' : 'b'}`,
)

async function makeProject(): Promise<void> {
  const folder = join(suite.folder, 'flowers')
  await mkdir(folder)
  await writeFile(join(folder, 'flowers.csv'), `length,width,kind\n${flowers.join('\n')}\n`)
  const definition = ProjectDefinition.parse({
    name: 'flowers',
    datasets: [
      {
        name: 'flowers',
        source: { kind: 'csv', paths: ['flowers.csv'] },
        columns: { kind: { type: 'category', values: ['a', 'b'] } },
        expectations: [{ type: 'expect_column_values_to_not_be_null', kwargs: { column: 'kind' } }],
      },
    ],
    models: [
      {
        name: 'flowers',
        task: 'classification',
        dataset: 'flowers',
        label: 'kind',
        features: ['length', 'width'],
        estimator: { kind: 'random_forest_classifier', params: { n_estimators: 3 } },
      },
    ],
  })
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
}

const tools: TrainingTools = {
  threads: 0,
  environment: () => ({}),
  register: (ctx, input) => registerVersion({ ctx, input }),
  champion: async () => undefined,
  promote: async () => {},
}

async function train(snapshot: string, runId: string): Promise<string> {
  const { ctx } = suite
  const trained = await trainModel({
    ctx,
    input: { project: 'flowers', model: 'flowers', snapshot, run_id: runId, tools },
  })
  const source = `mlflow-artifacts:/${trained.artifact_path}`
  const input = { model: 'flowers', snapshot_id: snapshot, source, ...trained }
  const { version } = await registerVersion({ ctx, input })
  await moveAlias({ ctx, input: { model: 'flowers', alias: 'champion', version: String(version), reason: '' } })
  return String(version)
}

const graphOf = (kind: LineageKind, id: string, direction: 'up' | 'down' | 'both' = 'both') =>
  getLineage({ ctx: suite.ctx, input: { kind, id, direction } })

const kindsOf = async (kind: LineageKind, id: string, direction?: 'up' | 'down') =>
  (await graphOf(kind, id, direction)).nodes.map((node) => node.kind).sort()

const nodeOf = async (kind: LineageKind, id: string) => (await graphOf(kind, id)).nodes[0]

test('one query tells the whole way from the source to the endpoint, from both ends', async () => {
  const { ctx } = suite
  await makeProject()
  const { snapshot } = await ingest({ ctx, input: { project: 'flowers', dataset: 'flowers' } })
  const { id: validation } = await validateSnapshot({ ctx, input: { snapshot: snapshot.id } })
  const run = 'a'.repeat(32)
  const version = await train(snapshot.id, run)
  const preferredModels = async () => ['flowers']
  const server = openModelServer({
    ...servingFromRegistry(ctx, { threads: 1 }),
    defaultModel: undefined,
    preferredModels,
  })
  try {
    await server.reconcile()

    const up = await graphOf('endpoint', 'flowers', 'up')
    expect(up.nodes.map(({ kind }) => kind).sort()).toEqual([
      'endpoint',
      'ingest',
      'model_version',
      'run',
      'snapshot',
      'source',
    ])
    expect(up.is_complete).toBe(true)
    const source = up.nodes.find(({ kind }) => kind === 'source')
    expect(source?.label).toBe('flowers.csv')
    const down = await graphOf('source', source?.id ?? '', 'down')
    expect(down.nodes.map(({ kind }) => kind).sort()).toEqual([
      'endpoint',
      'ingest',
      'model_version',
      'run',
      'snapshot',
      'source',
      'validation',
    ])
    const relations = Object.fromEntries(
      down.links.map(({ from, to, relation }) => [`${from.kind} ${to.kind}`, relation]),
    )
    expect(relations).toMatchObject({
      'snapshot run': 'trained',
      'snapshot validation': 'checked',
      'run model_version': 'registered',
      'model_version endpoint': 'served',
    })
    expect(await kindsOf('validation', validation, 'up')).toEqual(['ingest', 'snapshot', 'source', 'validation'])
    expect((await nodeOf('model_version', `flowers/${version}`))?.label).toBe('flowers 1')
    expect(await nodeOf('endpoint', 'flowers')).toMatchObject({ detail: { version: '1' } })

    // The next version is served from the same place; the one before stays linked.
    const next = await train(snapshot.id, 'b'.repeat(32))
    await server.reconcile()
    await server.reconcile()
    expect(await nodeOf('endpoint', 'flowers')).toMatchObject({ detail: { version: next }, more: { up: 0 } })
    const both = await graphOf('endpoint', 'flowers', 'up')
    expect(both.nodes.filter(({ kind }) => kind === 'model_version')).toHaveLength(2)

    // What is deleted stays in its place, marked; what comes back loses the mark.
    await updateRun({ ctx, input: { run_id: run, run_name: 'renamed' } })
    await deleteRun({ ctx, input: { run_id: run } })
    expect(await nodeOf('run', run)).toMatchObject({ is_deleted: true, label: 'renamed' })
    await restoreRun({ ctx, input: { run_id: run } })
    expect(await nodeOf('run', run)).toMatchObject({ is_deleted: false })
    await deleteRun({ ctx, input: { run_id: run } })
    await eraseRuns(ctx, [run])
    expect((await graphOf('endpoint', 'flowers', 'up')).nodes.find(({ id }) => id === run)).toMatchObject({
      is_deleted: true,
      label: 'renamed',
    })
    expect(await kindsOf('run', run)).toContain('source')

    await updateModel({ ctx, input: { model: 'flowers', name: 'plants' } })
    expect((await nodeOf('model_version', `plants/${version}`))?.label).toBe('plants 1')
    await deleteAlias({ ctx, input: { model: 'plants', alias: 'champion', reason: '' } })
    await deleteModelVersion({ ctx, input: { model: 'plants', version } })
    expect(await nodeOf('model_version', `plants/${version}`)).toMatchObject({ is_deleted: true })
    await server.reconcile()
    expect(await nodeOf('endpoint', 'flowers')).toMatchObject({ is_deleted: true })
  } finally {
    await server.close()
  }
})
