import { expect, test } from 'vitest'
import { errorCatalogue } from '../../packages/contract/src/errors/error-catalogue.js'
import {
  type Catalogue,
  catalogueFolder,
  catalogueTexts,
  codesAreUsed,
  entriesOnce,
  frenchTexts,
} from './error-rules.js'
import { expectTidy, sample, testRule } from './rule-test.js'
import { repositoryFiles, showFinding } from './tree.js'

const catalogue: Catalogue = errorCatalogue

const good = {
  status: 404,
  exit: 2,
  en: 'No {thing}',
  fr: 'Pas de {thing}\u202f: rien',
  hintEn: 'Look',
  hintFr: 'Cherchez',
}
const bad: Catalogue = {
  fine: good,
  NotSnake: good,
  empty_hint: { ...good, hintFr: '' },
  period: { ...good, en: 'No {thing}.' },
  small: { ...good, fr: 'pas de {thing}' },
  other_values: { ...good, fr: 'Pas de {chose}' },
  plain_space: { ...good, hintFr: 'Cherchez ; trouvez' },
}

test('each error code has a text and a hint in English and French', () => {
  expectTidy(catalogueTexts(catalogue, repositoryFiles()))
})

test('each error code has a text and a hint in English and French: fails on a bad sample', () => {
  expect(catalogueTexts(bad, []).map(({ message }) => message)).toEqual([
    'NotSnake: the code is not snake_case',
    'empty_hint: hintFr is empty: write it',
    'period: en ends with a period or a space: leave it out',
    'small: fr begins with a small letter',
    'other_values: fr names {chose} and en {thing}: name the same values',
    expect.stringMatching(/^plain_space: hintFr .*U\+202F/),
  ])
})

test('each error code is used', () => expectTidy(codesAreUsed(catalogue, repositoryFiles())))

test('each error code is used: fails on a bad sample', () => {
  const files = sample({
    [`${catalogueFolder}a.ts`]: 'export const aErrors = {\n  fine: {},\n  period: {},\n}',
    'packages/server/src/app/a.ts': "throw new FabriqueError('fine', {})",
    'packages/server/src/app/a.test.ts': "expect('period')",
  })
  expect(codesAreUsed({ fine: good, period: good }, files).map(showFinding)).toEqual([
    expect.stringMatching(/catalogue\/a\.ts:3 {2}period is used nowhere/),
  ])
})

testRule('each error code and each limit stands once', entriesOnce, {
  files: {
    [`${catalogueFolder}a.ts`]: 'export const aErrors = {\n  one: {\n    status: 1,\n  },\n  two: {},\n}',
    [`${catalogueFolder}b.ts`]: 'export const bErrors = {\n  three: {},\n  two: {},\n}',
    'packages/server/src/kernel/limits/a.ts':
      "export const aLimits = {\n  'a.two': {},\n}\nexport const b = {\n  'a.two': {},\n}",
    'packages/server/src/app/a.ts': 'const own = {\n  two: {},\n}',
  },
  wrong: [/b\.ts:3 {2}two stands in .*a\.ts:5 already/, /limits\/a\.ts:5 {2}a\.two stands in .*a\.ts:2 already/],
})

testRule('French texts keep French typography', frenchTexts, {
  files: {
    'packages/fabrique/src/cli/messages.ts':
      "const a = 'Prêt ; go'\nconst b = x ? 1 : 2\nconst c = 'Prêt\u202f: go'\nconst d = `« a »`",
  },
  wrong: [/messages\.ts:1 .*U\+202F/, /messages\.ts:4 .*U\+202F/],
})
