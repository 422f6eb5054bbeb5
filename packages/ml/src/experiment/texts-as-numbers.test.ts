import { expect, test } from 'vitest'
import { table, textColumn } from '../data/table.js'
import { estimatorNamed } from '../estimators/catalogue.js'
import type { ExperimentDefinition } from './experiment-definition.js'
import { textsAsNumbers } from './texts-as-numbers.js'

const definition: ExperimentDefinition = {
  target: 'y',
  estimator: { kind: 'gaussian_nb' },
  split: { kind: 'random', testShare: 0.2 },
  seed: 1,
}

function readAs(values: readonly (string | null)[], more: Partial<ExperimentDefinition> = {}, texts: string[] = []) {
  const rows = table([textColumn('x', values)])
  const { table: found, read } = textsAsNumbers(rows, { ...definition, ...more }, { estimators: estimatorNamed, texts })
  const [column] = found.columns
  return column?.kind === 'number' ? { read, values: [...column.values] } : { read, kind: column?.kind }
}

const asTexts = { read: [], kind: 'text' }

test('texts that are numbers or blank are numbers, and what is blank is missing', () => {
  expect(readAs(['29.85', ' ', null, '', ' -3e2 ', '.5', '5.', '0', '+7'])).toEqual({
    read: [{ name: 'x', missing: 3 }],
    values: [29.85, Number.NaN, Number.NaN, Number.NaN, -300, 0.5, 5, 0, 7],
  })
  expect(readAs(['10', '20'])).toEqual({ read: [{ name: 'x', missing: 0 }], values: [10, 20] })
})

test.each<[string, readonly (string | null)[]]>([
  ['a word', ['1', '2', 'many']],
  ['codes that begin with zeros', ['01000', '75001']],
  ['a decimal comma', ['1,5', '2']],
  ['hexadecimal', ['0x10', '1']],
  ['what is no number yet', ['.', '1']],
  ['an exponent alone', ['e5', '1']],
  ['a number that is too large', ['1e999', '1']],
  ['only blanks', [' ', '', null]],
  ['no rows', []],
])('%s leaves a column as it is', (_, values) => {
  expect(readAs(values)).toEqual(asTexts)
})

test('so does what was asked for: a target of classes, a text that was declared, a step that takes texts', () => {
  const values = ['1', '2', ' ']
  const group = (kind: string) => ({ columns: [{ columns: ['x'], steps: [{ kind }] }] })
  expect(readAs(values, { target: 'x' })).toEqual(asTexts)
  expect(readAs(values, { target: 'x', task: 'regression' }).read).toEqual([{ name: 'x', missing: 1 }])
  expect(readAs(values, {}, ['x'])).toEqual(asTexts)
  expect(readAs(values, group('target_encoder'))).toEqual(asTexts)
  expect(readAs(values, group('tfidf_vectorizer'))).toEqual(asTexts)
  expect(readAs(values, group('standard_scaler')).read).toHaveLength(1)
})
