import { expect, test } from 'vitest'
import { TrainingThreshold } from '../schemas/training.js'
import { thresholdFromText, thresholdText } from './threshold-text.js'

test.each([
  'f1',
  'balanced_accuracy',
  'youden',
  'f_beta:2',
  'f_beta:0.5',
  'cost:1:5',
  'cost:0:2.5',
  'precision_at_recall:0.9',
  'precision_at_recall:1',
  '0.35',
  '0',
  '1',
])('%s is a threshold, and its text again', (text) => {
  const threshold = thresholdFromText(text)
  expect(TrainingThreshold.parse(threshold)).toEqual(threshold)
  expect(threshold === undefined ? '' : thresholdText(threshold)).toBe(text)
})

test.each([
  '',
  ' ',
  'f2',
  'f1:1',
  'f_beta',
  'f_beta:',
  'f_beta:0',
  'f_beta:-1',
  'f_beta:101',
  'f_beta:x',
  'f_beta:1:2',
  'cost:1',
  'cost:1:',
  'cost:-1:2',
  'cost:0:0',
  'cost:1:2:3',
  'cost:1e999:1',
  'precision_at_recall:0',
  'precision_at_recall:1.1',
  'precision_at_recall',
  '1.5',
  '-0.1',
  'NaN',
  'fixed',
  'fixed:0.3',
])('%j is none', (text) => {
  expect(thresholdFromText(text)).toBeUndefined()
})
