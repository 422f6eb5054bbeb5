import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MonitorSuite, openMonitorSuite, project } from '../../../test/support/monitor-suite.js'
import type { VerbContext } from '../../platform/index.js'
import { addFiles } from '../datasets/index.js'
import { openPredictionLog } from '../predictions/index.js'
import { registerVersion } from '../registry/index.js'

let suite: MonitorSuite
let ctx: VerbContext
let parent: string
beforeAll(async () => {
  suite = await openMonitorSuite()
  ctx = suite.ctx
  parent = await mkdtemp(join(tmpdir(), 'fabrique-pictures-'))
})
afterAll(async () => {
  await suite?.close()
  await rm(parent, { recursive: true, force: true })
})

/** A picture of a grey that follows from a place, brighter by a shift. */
function picture(place: number, shift: number): Promise<Buffer> {
  const grey = 60 + ((place * 37) % 80) + shift
  const size = { width: 8 + (place % 3), height: 6 }
  return sharp({ create: { ...size, channels: 3, background: { r: grey, g: grey, b: grey } } })
    .png()
    .toBuffer()
}

let folders = 0
/** A snapshot of a folder of pictures in folders of two labels. */
async function pictures(
  dataset: string,
  { shift = 0, count = 120, broken = 0, form = 'labelled_images' as 'labelled_images' | 'images' | 'files' } = {},
) {
  const folder = join(parent, `folder-${folders++}`)
  for (let place = 0; place < count; place += 1) {
    const path = join(folder, place % 2 === 0 ? 'cat' : 'dog', `${place}.png`)
    await mkdir(dirname(path), { recursive: true })
    const file = await picture(place, shift)
    // The header of a broken one is whole: only who unpacks it finds out.
    await writeFile(path, place < broken ? file.subarray(0, file.length - 24) : file)
  }
  suite.clock.advance(60_000)
  return addFiles({ ctx, input: { project, dataset, path: folder, location: folder, form } })
}

const byName = (report: { readonly columns: readonly { readonly name: string }[] }) =>
  Object.fromEntries(report.columns.map((column) => [column.name, column]))

test('figures of pictures are columns: brighter ones drift, their sizes and labels do not', async () => {
  const { snapshot } = await pictures('shots')
  await pictures('shots', { shift: 60 })
  await suite.make('shots', {
    reference: { kind: 'snapshot', snapshot: snapshot.id },
    current: { kind: 'snapshot', dataset: 'shots' },
    checks: [{ kind: 'quality', metric: 'missing_share', max: 0 }],
  })
  const report = await suite.run('shots')
  expect(report).toMatchObject({ state: 'alarm', reference: { rows: 120 }, current: { rows: 120 }, broken: 0 })
  const columns = byName(report)
  expect(Object.keys(columns).sort()).toEqual([
    'image.area',
    'image.aspect',
    'image.blue',
    'image.brightness',
    'image.bytes',
    'image.contrast',
    'image.format',
    'image.green',
    'image.height',
    'image.red',
    'image.width',
    'label',
  ])
  expect(columns['image.brightness']).toMatchObject({
    type: 'num',
    state: 'tested',
    drift: true,
    method: 'anderson_darling',
  })
  expect(columns['image.width']).toMatchObject({ state: 'tested', drift: false })
  expect(columns.label).toMatchObject({ type: 'cat', drift: false })
  expect(report.metrics.find(({ metric }) => metric === 'missing_share')).toMatchObject({ value: 0, state: 'holds' })
  expect((await readdir(ctx.blobs.stagingFolder)).filter((name) => name.includes('pictures'))).toEqual([])
})

test('a picture that cannot be read is missing, and counted so; its neighbours are compared', async () => {
  const { snapshot } = await pictures('spoilt')
  await pictures('spoilt', { broken: 12 })
  await suite.make('spoilt', {
    reference: { kind: 'snapshot', snapshot: snapshot.id },
    current: { kind: 'snapshot', dataset: 'spoilt' },
    columns: ['image.brightness'],
    embeddings: { colours: ['image.red', 'image.green', 'image.blue'] },
    checks: [{ kind: 'quality', metric: 'missing_share', column: 'image.brightness', max: 0.05 }],
  })
  const report = await suite.run('spoilt')
  expect(byName(report)['image.brightness']).toMatchObject({
    state: 'tested',
    drift: false,
    current_rows: 108,
    missing: { reference: 0, current: 12 },
  })
  expect(byName(report).colours).toMatchObject({ type: 'embedding', state: 'tested', current_rows: 108 })
  expect(report.metrics.find(({ metric }) => metric === 'missing_share')).toMatchObject({
    value: expect.closeTo(0.1, 10),
    state: 'violated',
  })
})

test('files that are no pictures are told, and few pictures are not enough', async () => {
  const { snapshot } = await pictures('plain', { form: 'files', count: 3 })
  await suite.make('plain', {
    reference: { kind: 'snapshot', snapshot: snapshot.id },
    current: { kind: 'snapshot', dataset: 'plain' },
  })
  await expect(suite.run('plain')).rejects.toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('neither rows nor pictures'),
  })
  const few = await pictures('few-shots', { form: 'images', count: 5 })
  await suite.make('few-shots', {
    reference: { kind: 'snapshot', snapshot: few.snapshot.id },
    current: { kind: 'snapshot', dataset: 'few-shots' },
  })
  const report = await suite.run('few-shots')
  expect(report).toMatchObject({ state: 'not_enough_data' })
  expect(byName(report)).not.toHaveProperty('label')
})

test('predictions are not compared with the pictures that a model was trained on', async () => {
  const model = 'sees'
  const { snapshot } = await pictures('seen', { count: 4 })
  const signature = {
    task: 'classification' as const,
    features: [{ name: 'size', type: 'number' as const }],
    target: { name: 'label', classes: ['cat', 'dog'] },
    example: { size: 1 },
  }
  const run_id = 'c'.repeat(32)
  const input = { model, run_id, source: 's', artifact_path: 'models/sees', signature, snapshot_id: snapshot.id }
  await registerVersion({ ctx, input })
  const log = openPredictionLog({ ctx, process: 'test', share: 1, definitionOf: () => undefined })
  log.keep({
    model,
    version: '1',
    rows: [{ size: 3 }],
    names: ['size'],
    predictions: [{ prediction: 'cat', probabilities: { cat: 1 } }],
    requestId: 'req_1',
    actor: 'local',
    durationMs: 1,
    bytes: 100,
  })
  await log.close()
  suite.clock.advance(1000)
  await suite.make('seen', { model, reference: { kind: 'training' }, current: { kind: 'predictions', days: 1 } })
  await expect(suite.run('seen')).rejects.toMatchObject({
    code: 'monitor_reference_missing',
    message: expect.stringContaining('trained on pictures'),
  })
})
