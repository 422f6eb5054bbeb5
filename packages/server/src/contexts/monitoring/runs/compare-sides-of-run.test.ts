import { MonitorDefinition, type MonitorDefinitionInput, type ReportSide } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { profiledSide } from '../drift/profiled-side.js'
import type { ProfiledColumn } from '../drift/training-profile.js'
import { compareSidesOfRun } from './compare-sides-of-run.js'
import { type OpenedSide, pick } from './opened-side.js'

const numbers = (name: string, values: readonly number[], filled = 1000): ProfiledColumn => ({
  name,
  family: 'integer',
  filled,
  numbers: {
    values: [...values],
    counts: values.map(() => filled / values.length),
    missing: 1000 - filled,
    infinite: 0,
  },
})
const labels = (name: string, values: readonly string[], filled = 1000): ProfiledColumn => ({
  name,
  family: 'text',
  filled,
  labels: { values: [...values], counts: values.map(() => filled / values.length) },
})

interface Given {
  readonly what: ReportSide['what']
  readonly features?: readonly ProfiledColumn[]
  readonly target?: ProfiledColumn
  readonly prediction?: ProfiledColumn
  readonly sampledOf?: number
}

function side({ what, features = [numbers('hours', [1, 2])], target, prediction, sampledOf }: Given): OpenedSide {
  const whole = (columns: readonly ProfiledColumn[]) => profiledSide({ rows: 1000, columns: [...columns] })
  return {
    told: { what, rows: 1000, ...(sampledOf === undefined ? {} : { sampled_of: sampledOf }) },
    features: whole(features),
    ...(target === undefined ? {} : { target: pick(whole([target]), target.name, 'y') }),
    ...(prediction === undefined ? {} : { prediction: pick(whole([prediction]), prediction.name) }),
  }
}

async function compare(reference: Given, current: Given, change: Partial<MonitorDefinitionInput> = {}) {
  const definition = MonitorDefinition.parse({
    name: 'one',
    model: 'm',
    reference: { kind: 'training' },
    current: { kind: 'predictions' },
    ...change,
  })
  const plan = {
    monitor: 'one',
    project: 'p',
    definition,
    reference: definition.reference,
    current: definition.current,
  }
  const sides = { reference: side(reference), current: side(current) }
  const { report } = await compareSidesOfRun({ plan, sides, signal: undefined, onColumn: () => {} })
  return Object.fromEntries(report.columns.map(({ name, state }) => [name, state]))
}

test('classes of the log compare with the values that rows have for them; two snapshots of other types do not', async () => {
  const logged = { what: 'predictions', target: labels('truth', ['0', '1']) } as const
  const trained = { what: 'profile', target: numbers('y', [0, 1]) } as const
  expect(await compare(trained, logged)).toEqual({ y: 'tested', hours: 'tested' })
  expect(await compare(trained, { ...logged, what: 'snapshot' })).toMatchObject({ y: 'type_changed' })
  // Numbers in the log are what a regressor answers.
  const words = { what: 'profile', target: labels('y', ['0', '1']) } as const
  expect(await compare(words, { what: 'predictions', target: numbers('truth', [0, 1]) })).toMatchObject({
    y: 'type_changed',
  })
  expect(await compare(words, { what: 'predictions', target: labels('truth', ['0', '1']) })).toMatchObject({
    y: 'tested',
  })
})

test('few truths, and a small part of the test, are left out instead of warning for ever', async () => {
  const target = labels('y', ['a', 'b'])
  const few = labels('y', ['a', 'b'], 40)
  expect(await compare({ what: 'profile', target }, { what: 'predictions', target: few })).toEqual({ hours: 'tested' })
  expect(await compare({ what: 'profile', target: few }, { what: 'predictions', target })).toEqual({ hours: 'tested' })
  const [small, many] = [labels('prediction', ['a', 'b'], 60), labels('prediction', ['a', 'b'])]
  expect(await compare({ what: 'profile', prediction: small }, { what: 'predictions', prediction: many })).toEqual({
    hours: 'tested',
  })
  expect(await compare({ what: 'profile', prediction: many }, { what: 'predictions', prediction: many })).toEqual({
    prediction: 'tested',
    hours: 'tested',
  })
})

test('what is named and nowhere is told as missing, and keeps no other column back', async () => {
  const both = [{ what: 'snapshot' }, { what: 'snapshot' }] as const
  expect(await compare(...both, { columns: ['hours', 'huors'] })).toEqual({ hours: 'tested', huors: 'missing_column' })
  expect(await compare(...both, { types: { huors: 'num' } })).toEqual({ hours: 'tested', huors: 'missing_column' })
  const target = labels('y', ['a', 'b'], 40)
  // The target is there, though it is not compared yet.
  const late = await compare({ what: 'profile', target }, { what: 'predictions', target }, { types: { y: 'cat' } })
  expect(late).toEqual({ hours: 'tested' })
})

test('what is asked of rows is asked of those that a sample was taken from', async () => {
  const some = { what: 'snapshot', features: [numbers('hours', [1, 2], 990)], sampledOf: 50_000 } as const
  expect(await compare(some, some, { rows_min: 5000 })).toEqual({ hours: 'tested' })
  // 90 of 1,000 stand for 4,500.
  const scarce = { ...some, features: [numbers('hours', [1, 2], 90)] }
  expect(await compare(some, scarce, { rows_min: 5000 })).toEqual({ hours: 'not_enough_data' })
  const few = { ...some, sampledOf: 4000 }
  expect(await compare(some, few, { rows_min: 5000 })).toEqual({ hours: 'not_enough_data' })
  const whole = { what: 'snapshot', target: labels('y', ['a', 'b']) } as const
  const target = { ...whole, sampledOf: 50_000 }
  expect(await compare(target, target, { rows_min: 5000 })).toEqual({ y: 'tested', hours: 'tested' })
})
