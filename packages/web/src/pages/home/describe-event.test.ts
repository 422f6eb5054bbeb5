import { type EventMessage, eventKinds } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { wholeCatalogue } from '../../i18n/whole-catalogue.js'
import { describeEvent } from './describe-event.js'

const en = await wholeCatalogue('en')
const fr = await wholeCatalogue('fr')

const event = (kind: string, payload: EventMessage['payload']): EventMessage => ({
  id: '1.1',
  kind,
  subject: 'models/iris',
  at: '2026-11-21T06:00:00.000Z',
  actor: 'ada',
  payload,
})

describe('describeEvent', () => {
  it.each(eventKinds)('%s has words of its own in both languages', (kind) => {
    for (const catalogue of [en, fr]) expect(describeEvent(event(kind, {}), catalogue).text).not.toContain(kind)
  })

  it('tells a move, a first place and a removal of an alias apart', () => {
    const text = (payload: EventMessage['payload']) => describeEvent(event('alias.moved', payload), en).text
    const base = { model: 'iris', alias: 'champion' }
    expect(text({ ...base, from_version: '1', to_version: '2' })).toContain('from version 1 to 2')
    expect(text({ ...base, to_version: '2' })).toContain('set to version 2')
    expect(text({ ...base, from_version: '1' })).toContain('removed')
  })

  it('tells what monitors found, and what became of it', () => {
    const told = (kind: string, payload: EventMessage['payload']) => describeEvent(event(kind, payload), en)
    const monitor = { project: 'churn', monitor: 'usage' }
    const report = (state: string) => told('drift_report.finished', { ...monitor, state })
    expect(report('alarm')).toMatchObject({ text: 'Report of usage: alarm', isBad: true, to: '/monitoring/usage' })
    expect(report('not_enough_data').isBad).toBe(false)
    expect(told('finding.changed', { ...monitor, state: 'resolved' }).text).toBe('Finding of usage resolved')
    expect(told('finding.changed', { ...monitor, state: 'open' }).isBad).toBe(true)
  })

  it('marks what failed, and translates the state of a run', () => {
    expect(describeEvent(event('validation.finished', { success: false, dataset: 'iris' }), en).isBad).toBe(true)
    expect(describeEvent(event('run.changed', { run_id: 'a1', change: 'status FINISHED' }), fr).text).toContain(
      'terminé',
    )
    const ingest = (payload: EventMessage['payload']) =>
      describeEvent(event('ingest.finished', { project: 'p', dataset: 'd', ingest_id: 'ing_1', ...payload }), en)
    expect(ingest({ state: 'failed', rows_quarantined: 0 })).toMatchObject({ isBad: true })
    expect(ingest({ state: 'succeeded', rows_quarantined: 19 })).toMatchObject({
      text: 'Ingest of d done, rows set aside: 19',
      to: '/p/p/datasets/d/ingests/ing_1',
      isBad: false,
    })
    const view = (kind: string, payload: EventMessage['payload']) =>
      describeEvent(event(kind, { project: 'p', view: 'usage', version: 2, ...payload }), en)
    const page = '/p/p/features/usage'
    expect(view('feature_view.materialized', { state: 'succeeded' })).toMatchObject({ isBad: false, to: page })
    expect(view('feature_view.materialized', { state: 'failed' })).toMatchObject({ isBad: true, to: page })
    expect(view('feature_view.checked', { mismatches: 0 })).toMatchObject({ isBad: false, to: page })
    expect(view('feature_view.checked', { mismatches: 3 })).toMatchObject({ isBad: true, to: page })
    expect(view('feature_view.applied', { change: 'delete' })).toMatchObject({ to: '/p/p/features' })
    const flow = (kind: string, payload: EventMessage['payload']) =>
      describeEvent(event(kind, { project: 'p', flow: 'monthly', ...payload }), fr)
    const ofRun = { flow_run_id: 'flow_1', state_name: '' }
    expect(flow('flow_run.changed', { ...ofRun, state: 'CRASHED' })).toEqual({
      text: 'Flux monthly interrompu',
      isBad: true,
      to: '/flows/p/monthly/runs/flow_1',
    })
    expect(flow('flow_run.changed', { ...ofRun, state: 'COMPLETED' })).toMatchObject({ isBad: false })
    expect(flow('flow.changed', { change: 'paused' })).toMatchObject({
      text: 'Flux monthly mis en pause',
      to: '/flows/p/monthly',
    })
    const job = { kind: 'data.push', subject: 'remotes/shared', state: 'failed' }
    expect(describeEvent(event('job.changed', job), fr)).toMatchObject({ isBad: true, to: '/jobs' })
    expect(describeEvent(event('something.new', {}), en).text).toBe('something.new models/iris')
  })
})
