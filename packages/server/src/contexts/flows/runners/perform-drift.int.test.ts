import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DriftWork, ProjectDefinition } from '@fabrique/contract'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FlowSuite, flowOf, openFlowSuite } from '../../../../test/support/flow-suite.js'
import { runLoop } from '../../../../test/support/run-loop.js'
import { openArtifact } from '../../artifacts/index.js'
import { ingest } from '../../datasets/index.js'
import { getLineage } from '../../lineage/index.js'
import { readTrainingProfile } from '../../monitoring/index.js'
import { applyProject } from '../../projects/index.js'
import type { FlowExecutor } from '../engine/model.js'
import { findFlowFile } from '../history/flow-files.js'
import { listFlowArtifacts } from '../history/list-artifacts.js'
import { tidyUpFlows } from '../history/tidy-up.js'
import { trainingRegistry } from '../training-registry.js'
import { performer } from './perform-step.js'

const script = { trackingUri: '', environment: {}, folderOf: () => '.' }
const trainingTools = { ...trainingRegistry, threads: 1, environment: () => ({}), script }

let suite: FlowSuite
let folder: string
/** The newest snapshot of the labels. */
let newest: string

/** 200 people of a month; from the second on their sizes are shifted. */
async function month(index: number, shift: number): Promise<string> {
  const day = `2026-0${index + 1}-01`
  const rows = Array.from({ length: 200 }, (_, row) => {
    const size = ((row * 37) % 100) / 10 + shift
    return `p${index}-${row},${day},${size.toFixed(2)},${['red', 'blue', 'green'][row % 3]},${row % 2 === 0 ? 'yes' : 'no'}`
  })
  await writeFile(join(folder, 'data', `month_${index}.csv`), `person,day,size,colour,left\n${rows.join('\n')}\n`)
  const { snapshot } = await ingest({ ctx: suite.ctx, input: { project: 'test', dataset: 'people' } })
  return snapshot.id
}

beforeAll(async () => {
  suite = await openFlowSuite()
  folder = join(suite.folder, 'project')
  await mkdir(join(folder, 'data'), { recursive: true })
  const definition = ProjectDefinition.parse({
    name: 'test',
    datasets: [
      {
        name: 'people',
        source: { kind: 'csv', paths: ['data/month_*.csv'], dialect: { header: true } },
        columns: {
          person: { type: 'text' },
          day: { type: 'date' },
          size: { type: 'number' },
          colour: { type: 'category', values: ['red', 'blue', 'green'] },
          left: { type: 'category', values: ['yes', 'no'] },
        },
        time: 'day',
      },
    ],
    models: [
      {
        name: 'leaving',
        task: 'classification',
        dataset: 'people',
        label: 'left',
        features: ['size', 'colour'],
        estimator: { kind: 'gaussian_nb', params: {} },
      },
    ],
  })
  await applyProject({ ctx: suite.ctx, input: { folder, definition } })
  newest = await month(0, 0)
})
afterAll(() => suite?.close())
afterEach(() => suite.stopWorkers())

async function train(): Promise<void> {
  const options = { promotionRule: () => undefined, ingestTools: {}, trainingTools }
  const { state } = await runLoop(suite, { project: 'test', model: 'leaving', options })
  expect(state).toBe('succeeded')
}

let flows = 0
/** Compares in a run of its own; gives the run and what the step gave. */
async function drift(work: DriftWork) {
  const perform = performer({ ctx: suite.ctx, script, trainingTools, promotionRule: () => undefined })
  const executor: FlowExecutor = async (session) => {
    const step = { name: 'drift-people', kind: 'drift' } as const
    const call = { kind: 'call', call: 1, method: 'perform', step, work: { kind: 'drift', ...work } } as const
    const performed = await perform(session, call)
    if (performed.kind === 'waiting') return { kind: 'suspended', waits: [performed.wait] }
    const { end } = performed
    return end.kind === 'completed'
      ? { kind: 'completed', result: JSON.parse(end.result) }
      : { kind: 'failed', failure: end.failure, isFinal: true }
  }
  flows += 1
  const name = `drift${flows}`
  await suite.start([flowOf(name, executor)])
  const { id } = await suite.ask(name)
  await expect.poll(() => suite.stateOf(id)).toMatch(/^(COMPLETED|FAILED)/)
  const [row] = await suite.rows<{ result: Record<string, unknown>; error: { code: string; params: object } }>(
    'select result, error from flow_runs where id = $1',
    [id],
  )
  await suite.stopWorkers()
  return { id, result: row?.result, error: row?.error }
}

const people = { kind: 'dataset', name: 'people' } as const
const onTraining = { of: people, reference: 'training', onlyNew: true, columns: ['size', 'colour'] } as const

describe('a step that compares', () => {
  test('says that there is nothing to compare with while there is no champion', async () => {
    const { result } = await drift({ ...onTraining, current: newest })
    expect(result).toMatchObject({ detected: false, state: 'not_comparable', columns: [], tested: 0 })
    expect(result?.sentence).toContain('leaving has no champion')
  })

  test('has no decision, and not "no drift", while nothing is new', async () => {
    await train()
    const { result } = await drift({ ...onTraining, current: newest })
    expect(result).toMatchObject({ detected: false, state: 'not_enough_data', current_rows: 0, reference_rows: 200 })
  })

  test('finds what is new alike, then what has moved, and keeps its report with the run', async () => {
    newest = await month(1, 0)
    expect((await drift({ ...onTraining, current: newest })).result).toMatchObject({
      detected: false,
      state: 'no_drift',
      reference_rows: 200,
      current_rows: 200,
      tested: 2,
    })
    newest = await month(2, 6)
    const { id, result } = await drift({ ...onTraining, current: newest })
    // Both months are new to the champion.
    expect(result).toMatchObject({
      detected: true,
      state: 'drift',
      current_rows: 400,
      drifted: 1,
      report: 'drift-people',
    })
    expect(result?.columns).toMatchObject([
      { name: 'size', state: 'tested', drift: true },
      { name: 'colour', state: 'tested', drift: false },
    ])
    const { ctx } = suite
    const { items } = await listFlowArtifacts({ ctx, input: { flow_run: id } })
    expect(items).toMatchObject([
      {
        key: 'drift-people',
        content: { kind: 'files', title: result?.sentence, title_fr: result?.sentence_fr, models: ['leaving'] },
      },
    ])
    const limited = { ...ctx, actor: { ...ctx.actor, id: 'user:anna', models: new Set(['other']) } }
    expect(await listFlowArtifacts({ ctx: limited, input: { flow_run: id } })).toEqual({ items: [] })
    const file = { flow_run: id, key: 'drift-people', file: 'drift.json' }
    await expect(findFlowFile({ ctx: limited, input: file })).rejects.toMatchObject({ code: 'model_not_granted' })
    await expect(findFlowFile({ ctx, input: { ...file, key: 'other' } })).rejects.toMatchObject({
      code: 'artifact_not_found',
    })
    const read = async (file: string) => {
      const path = await findFlowFile({ ctx, input: { flow_run: id, key: 'drift-people', file } })
      const { content } = await openArtifact({ ctx, input: { path } })
      const parts: Uint8Array[] = []
      for await (const part of content) parts.push(part)
      return Buffer.concat(parts).toString()
    }
    expect(JSON.parse(await read('drift.json'))).toMatchObject({
      drift: true,
      reference: { model: 'leaving', version: '1', rows: 200 },
      current: { snapshot: newest, rows: 400 },
    })
    expect(await read('drift.html')).toContain('training of leaving, version 1')
    expect(await read('drift.fr.html')).toContain('entraînement de leaving, version 1')
    const graph = await getLineage({ ctx, input: { kind: 'drift_report', id: `${id}/drift-people` } })
    expect(graph.links).toContainEqual(
      expect.objectContaining({ from: { kind: 'snapshot', id: newest }, relation: 'compared' }),
    )
  })

  test('compares a model with its profile, which stays when the snapshot goes', async () => {
    const { ctx } = suite
    const profile = await readTrainingProfile({ ctx, input: { model: 'leaving', version: '1' } })
    expect(profile).toMatchObject({ target: 'left', task: 'classification', rows: { rows: 200 }, test: { rows: 50 } })
    expect(profile?.rows.columns.map(({ name, filled }) => [name, filled])).toEqual([
      ['size', 200],
      ['colour', 200],
      ['left', 200],
    ])
    expect(profile?.test?.columns.map(({ name }) => name)).toEqual(['prediction', 'probability_no', 'probability_yes'])
    const of = { kind: 'model', name: 'leaving' } as const
    const { result } = await drift({ of, reference: 'training', current: newest })
    expect(result).toMatchObject({ detected: true, state: 'drift', reference_rows: 200, current_rows: 600, tested: 3 })
    // Vectors need the rows, which are there; their columns are not compared one by one.
    const vectors = { of, reference: 'training', current: newest, embeddings: { sizes: ['size'] } } as const
    const embedded = await drift(vectors)
    expect(embedded.result?.columns).toMatchObject([
      { name: 'colour', state: 'tested' },
      { name: 'left', state: 'tested' },
      { name: 'sizes', type: 'embedding', state: 'tested', method: 'mmd', drift: true },
    ])
    // As if it had been collected.
    const hide = (from: string, to: string) =>
      suite.rows('update model_versions set snapshot_id = replace(snapshot_id, $1, $2)', [from, to])
    await hide('snap_', 'gone_')
    const again = await drift({ of, reference: 'training', current: newest })
    const onlyNew = await drift({ ...onTraining, current: newest })
    const ofProfile = await drift(vectors)
    await hide('gone_', 'snap_')
    expect(ofProfile.result).toMatchObject({ detected: false, state: 'not_comparable', tested: 2 })
    expect(again.result).toEqual(result)
    expect(onlyNew.result).toMatchObject({ detected: false, state: 'not_comparable', tested: 0 })
    expect(onlyNew.result?.sentence).toContain('version 1 of leaving was trained on was erased')
  })

  test('compares snapshots as Evidently does, and says that a column of another type was not compared', async () => {
    const [first] = await suite.rows<{ id: string }>('select id from snapshots order by created_at limit 1')
    const plain = { of: people, reference: first?.id ?? '', current: newest, mode: 'evidently' } as const
    expect((await drift({ ...plain, columns: ['colour'] })).result).toMatchObject({ state: 'no_drift', tested: 1 })
    const { result } = await drift({ ...plain, columns: ['colour', 'size'], types: { colour: 'num' } })
    expect(result).toMatchObject({ detected: true, state: 'drift', drifted: 1, tested: 1 })
    const unclear = await drift({ ...plain, columns: ['colour'], types: { colour: 'num' } })
    expect(unclear.result).toMatchObject({ detected: false, state: 'not_comparable', tested: 0 })
  })

  test.each([
    ['a column that is not there', { ...onTraining, columns: ['height'] }, 'invalid_request', 'columns'],
    ['a method that there is not', { ...onTraining, methods: { size: 'magic' } }, 'invalid_request', 'methods'],
    [
      'new rows of what has no time in common',
      { of: { kind: 'model', name: 'leaving' }, reference: 'training', onlyNew: true } as const,
      'invalid_request',
      'rows',
    ],
    ['a snapshot that is not there', { ...onTraining, reference: 'snap_nope' }, 'snapshot_not_found', undefined],
    [
      'a model that is not there',
      { of: { kind: 'model', name: 'nobody' }, reference: 'training' } as const,
      'model_not_found',
      undefined,
    ],
  ])('refuses %s', async (_, work, code, field) => {
    const { error } = await drift({ ...work, current: newest })
    expect(error?.code).toBe(code)
    if (field !== undefined) expect(error?.params).toMatchObject({ field })
  })

  test('leaves no file when its run is tidied up', async () => {
    const { ctx } = suite
    const old = { ...ctx, clock: { ...ctx.clock, now: () => new Date(Date.now() + 90 * 86_400_000) } }
    await tidyUpFlows(old, { runsKeptDays: 30, logsKeptDays: 30 })
    expect(await suite.rows(`select path from artifacts where path like 'flows/%'`)).toEqual([])
  })
})
