import { expect, test } from 'vitest'
import { decodeSteps, encodeSteps, stepAt, valueOfJson } from './steps.js'

const odd = [
  'plain',
  'a,b',
  'c]d',
  '[e',
  '{"f":1}',
  'quote " and \\',
  '\\"',
  'ends \\\\',
  '',
  ' ',
  'naïve 🙂',
  '\u2028',
]
const values = [
  [],
  [null],
  [1, -2.5e-7, 1e21, true, false, null],
  odd,
  [...odd, 0],
  [
    [],
    {},
    [
      [1, 2],
      ['x]', { y: ['"', ',', '}'] }],
    ],
    { 'k,"]': [null] },
    null,
    7,
  ],
  [0, ['last']],
]
const steps = values.map((own, place) => ({ fromUs: (place - 3) * 10, eventUs: place - 9, values: own }))

test('the step of a moment has the JSON of each of its values', () => {
  const text = encodeSteps(steps)
  for (const [place, step] of steps.entries()) {
    for (const atUs of [step.fromUs, step.fromUs + 9]) {
      const { values: found = [], ...moments } = stepAt(text, atUs) ?? {}
      expect(moments).toEqual({ fromUs: step.fromUs, eventUs: step.eventUs })
      expect(found).toEqual(step.values.map((value) => JSON.stringify(value)))
      expect(found.map(valueOfJson)).toEqual(decodeSteps(text)[place]?.values)
    }
  }
})

test('before the first step, and without one, there is nothing', () => {
  expect(stepAt(encodeSteps(steps), -31)).toBeUndefined()
  expect(stepAt('[]', 0)).toBeUndefined()
})

test('values stay as they are written, with the blanks that a column of JSON has', () => {
  expect(stepAt('[[5,5,[1.0,9007199254740993,{"a": [1, 2]},"x"]]]', 5)?.values).toEqual([
    '1.0',
    '9007199254740993',
    '{"a": [1, 2]}',
    '"x"',
  ])
})

test('of steps that begin at once the last counts', () => {
  expect(stepAt('[[5,1,[1]],[5,2,["two"]],[6,3,[3]]]', 5)).toEqual({ fromUs: 5, eventUs: 2, values: ['"two"'] })
})
