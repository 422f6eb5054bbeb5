import type { LineageNode } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import { addressOf } from './node-address.js'

const node = (part: Partial<LineageNode>): LineageNode => ({
  kind: 'snapshot',
  id: 'snap_1',
  label: 'x',
  created_at: '2026-11-21T00:00:00.000Z',
  is_deleted: false,
  detail: {},
  more: { up: 0, down: 0 },
  ...part,
})

describe('addressOf', () => {
  test('leads to the page of what has one', () => {
    const ofDataset = { project: 'p', detail: { dataset: 'd' } }
    expect(addressOf(node(ofDataset))).toBe('/p/p/datasets/d/snapshots/snap_1')
    expect(addressOf(node({ ...ofDataset, kind: 'source', id: 'p/csv/1' }))).toBe('/p/p/datasets/d')
    expect(addressOf(node({ ...ofDataset, kind: 'ingest', id: 'ing_1' }))).toBe('/p/p/datasets/d/ingests/ing_1')
    expect(addressOf(node({ ...ofDataset, kind: 'validation', id: 'v' }))).toBe('/p/p/datasets/d/validations/v')
    expect(addressOf(node({ kind: 'run', id: 'r', detail: { experiment: 'my runs' } }))).toBe('/p/my%20runs/runs/r')
    expect(addressOf(node({ kind: 'model_version', id: '1/2', detail: { model: 'm', version: '2' } }))).toBe(
      '/models/m/2',
    )
    expect(
      addressOf(node({ kind: 'feature_view', id: 'p/u/2', project: 'p', detail: { view: 'u', version: 2 } })),
    ).toBe('/p/p/features/u')
    expect(addressOf(node({ ...ofDataset, kind: 'training_set', id: 'snap_2' }))).toBe(
      '/p/p/datasets/d/snapshots/snap_2',
    )
    expect(addressOf(node({ kind: 'endpoint', id: 'm' }))).toBe('/endpoints/m/try')
  })

  test('leads nowhere from what was erased or has no page', () => {
    expect(addressOf(node({ project: 'p', detail: { dataset: 'd' }, is_deleted: true }))).toBeUndefined()
    expect(addressOf(node({ project: 'p' }))).toBeUndefined()
    expect(addressOf(node({ kind: 'drift_report' }))).toBeUndefined()
  })
})
