import { expect, it } from 'vitest'
import { formatOf } from '../../i18n/format.js'
import { predictionText } from './prediction-text.js'

const target = { name: 'price', classes: [] }

it('writes a class as it is, and a number in seven digits with its unit', () => {
  const [english, french] = [formatOf('en'), formatOf('fr')]
  expect(predictionText({ prediction: '1.50' }, target, french)).toBe('1.50')
  expect(predictionText({ prediction: 152.1334228515625 }, target, english)).toBe('152.1334')
  expect(predictionText({ prediction: 152.1334228515625 }, { ...target, unit: '€' }, french)).toBe('152,1334\u00a0€')
  expect(predictionText({ prediction: 0.10000000149 }, target, english)).toBe('0.1')
  expect(predictionText({ prediction: -12345678 }, target, english)).toBe('-12,345,680')
})
