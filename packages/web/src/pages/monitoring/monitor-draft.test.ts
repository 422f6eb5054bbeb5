import { MonitorDefinition } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { draftOf, firstDraft, hasRest, readDraft, readSides, referencesFor } from './monitor-draft.js'

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

  it('takes embeddings line by line, and tells where a line is none', () => {
    const { definition } = readDraft({ ...filled, embeddings: 'text = v*\npicture = p0, p1' })
    expect(MonitorDefinition.parse(definition).embeddings).toEqual({ text: 'v*', picture: ['p0', 'p1'] })
    const before = MonitorDefinition.parse(definition)
    const again = draftOf({ project: 'churn', definition: before }, 'Europe/Paris')
    expect(readDraft(again, before).definition.embeddings).toEqual(before.embeddings)
    expect(readDraft({ ...again, embeddings: '' }, before).definition).not.toHaveProperty('embeddings')
    expect(readDraft({ ...filled, embeddings: 'v*' }).problems).toEqual({ embeddings: 'lines' })
  })

  it('names each field that cannot be read', () => {
    expect(readDraft({ ...draft, rowsMin: 'many', schedule: 'cron' }).problems).toEqual({
      dataset: 'needed',
      snapshot: 'needed',
      cron: 'needed',
      name: 'needed',
      rowsMin: 'number',
    })
    const limit = { kind: 'quality', metric: 'missing_share', severity: 'alarm', min: '', max: '' } as const
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

  it('has a time of rest for alerts, flows and roll-backs', () => {
    expect(hasRest({ ...filled, doings: ['finding', 'roll_back'] })).toBe(false)
    expect(hasRest({ ...filled, doings: ['roll_back'], model: 'churn' })).toBe(true)
    expect(hasRest({ ...filled, doings: ['alert'] })).toBe(true)
    expect(hasRest({ ...filled, doings: [], flow: 'retrain' })).toBe(true)
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

  it('keeps bins of segments, and asks for the columns of answers in a snapshot', () => {
    const before = MonitorDefinition.parse({
      name: 'usage',
      current: { kind: 'predictions' },
      reference: { kind: 'window', days: 30 },
      model: 'churn',
      segments: ['plan', { column: 'age', edges: [18, 65] }],
      segment_metric: 'recall',
      multivariate: { methods: ['reconstruction'] },
    })
    const first = draftOf({ project: 'churn', definition: before }, 'UTC')
    expect(first).toMatchObject({ segments: 'plan, age', together: true })
    expect(MonitorDefinition.parse(readDraft(first, before).definition)).toEqual(before)
    const fewer = readDraft({ ...first, segments: 'age, country', together: false }, before).definition
    expect(fewer.segments).toEqual([{ column: 'age', edges: [18, 65] }, 'country'])
    expect(fewer.multivariate).toBeUndefined()
    expect(readDraft({ ...first, segments: '' }, before).definition.segment_metric).toBeUndefined()
    const needed = readDraft({ ...filled, segments: 'plan' })
    expect(needed.problems).toEqual({ target: 'needed', prediction: 'needed' })
    expect(readDraft({ ...filled, segments: 'plan', target: 'y', prediction: 'answer' })).toMatchObject({
      problems: {},
      definition: { segments: ['plan'], target: 'y', prediction: 'answer' },
    })
  })

  describe('of a monitor with two limits of one figure and actions from two levels', () => {
    const before = MonitorDefinition.parse({
      name: 'usage',
      current: { kind: 'predictions', days: 7 },
      reference: { kind: 'training' },
      model: 'churn',
      columns: ['hours, weekly', 'sessions'],
      checks: [
        { kind: 'quality', metric: 'missing_share', column: 'hours, weekly', max: 0.2, severity: 'warning' },
        { kind: 'quality', metric: 'missing_share', column: 'sessions', max: 0.1 },
      ],
      actions: [
        { do: 'roll_back', from: 'alarm' },
        { do: 'flow', flow: 'retrain', params: { month: '2026-11' }, from: 'alarm' },
        { do: 'finding', from: 'warning' },
      ],
    })
    const first = draftOf({ project: 'churn', definition: before }, 'UTC')
    const changed = (change: Partial<typeof first>) =>
      MonitorDefinition.parse(readDraft({ ...first, ...change }, before).definition)

    it('leaves what was not touched as it was', () => {
      expect(changed({ description: 'Usage of the week' })).toEqual({ ...before, description: 'Usage of the week' })
    })

    it('takes a limit away with its own column and severity', () => {
      expect(changed({ checks: first.checks.slice(1) }).checks).toEqual(before.checks.slice(1))
    })

    it('sets the level of all actions once it is chosen, and keeps those that stay otherwise', () => {
      expect(changed({ from: 'warning' }).actions).toEqual(
        before.actions.map((action) => ({ ...action, from: 'warning' })),
      )
      expect(changed({ doings: ['finding', 'alert'], flow: 'tell' }).actions).toEqual([
        { do: 'flow', flow: 'tell', params: {}, from: 'alarm' },
        { do: 'finding', from: 'warning' },
        { do: 'alert', from: 'alarm' },
      ])
    })

    it('takes columns apart once they are written anew', () => {
      expect(changed({ columns: 'hours, sessions' }).columns).toEqual(['hours', 'sessions'])
    })
  })
})
