import { MonitorDefinition } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { draftOf, firstDraft, readDraft, readSides, referencesFor } from './monitor-draft.js'

const draft = firstDraft({ project: 'churn', timezone: 'Europe/Paris' })
const filled = { ...draft, name: 'usage', dataset: 'usage', snapshot: 'churn/usage@reference' }

describe('the form of a monitor', () => {
  it('gives a monitor that the contract takes', () => {
    const { definition, problems } = readDraft({ ...filled, schedule: 'weekly', columns: 'hours, sessions,' })
    expect(problems).toEqual({})
    expect(MonitorDefinition.parse(definition)).toMatchObject({
      name: 'usage',
      current: { kind: 'snapshot', dataset: 'usage', ref: 'latest' },
      reference: { kind: 'snapshot', snapshot: 'churn/usage@reference' },
      columns: ['hours', 'sessions'],
      schedule: { cron: '0 6 * * 1', timezone: 'Europe/Paris' },
      actions: [{ do: 'finding', from: 'alarm' }],
    })
  })

  it('names each field that cannot be read', () => {
    expect(readDraft({ ...draft, rowsMin: 'many', schedule: 'cron' }).problems).toEqual({
      dataset: 'needed',
      snapshot: 'needed',
      cron: 'needed',
      name: 'needed',
      rowsMin: 'number',
    })
    const limit = { kind: 'quality', metric: 'missing_share', min: '', max: '' } as const
    expect(readDraft({ ...filled, checks: [limit] }).problems).toEqual({ checks: 'number' })
    expect(readDraft({ ...filled, checks: [{ ...limit, max: '0,1' }] }).definition.checks).toEqual([
      { kind: 'quality', metric: 'missing_share', max: 0.1, severity: 'alarm' },
    ])
  })

  it('offers references that go with what is looked at, and reads no other', () => {
    expect(referencesFor({ what: 'snapshot', model: '' })).toEqual(['snapshot'])
    expect(referencesFor({ what: 'predictions', model: 'churn' })).toEqual(['training', 'snapshot', 'window'])
    expect(readSides({ ...filled, against: 'window' }).sides.reference).toEqual({
      kind: 'snapshot',
      snapshot: 'churn/usage@reference',
    })
    expect(readSides({ ...filled, what: 'predictions', model: 'churn', against: 'window' }).sides).toEqual({
      current: { kind: 'predictions', days: 7 },
      reference: { kind: 'window', days: 30, offset_days: 0 },
    })
  })

  it('takes no action that needs a model where there is none', () => {
    const doings = ['finding', 'block_promotion'] as const
    expect(readDraft({ ...filled, doings }).definition.actions).toEqual([{ do: 'finding', from: 'alarm' }])
    expect(readDraft({ ...filled, doings, model: 'churn' }).definition.actions).toHaveLength(2)
  })

  it('keeps what it has no field for when a monitor is changed', () => {
    const before = MonitorDefinition.parse({
      name: 'usage',
      current: { kind: 'predictions', days: 1.5, version: '3' },
      reference: { kind: 'training' },
      model: 'churn',
      methods: { hours: 'ks' },
      effect_min: 0.02,
      schedule: { cron: '*/7 * * * *', timezone: 'UTC' },
      checks: [{ kind: 'quality', metric: 'missing_share', column: 'hours', max: 0.2, severity: 'warning' }],
      actions: [
        { do: 'flow', flow: 'retrain', params: { month: '2026-11' } },
        { do: 'flow', flow: 'tell' },
      ],
    })
    const again = readDraft(draftOf({ project: 'churn', definition: before }, 'Europe/Paris'), before)
    expect(again.problems).toEqual({})
    expect(MonitorDefinition.parse(again.definition)).toEqual(before)
  })
})
