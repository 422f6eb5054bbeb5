import { expect, test } from 'vitest'
import { decidePromotion, metricsForRule, type PromotionCase } from './decide-promotion.js'

const scored = (champion: object, candidate: object) =>
  ({ kind: 'scored', version: '3', champion: { ...champion }, candidate: { ...candidate } }) as const

const base: PromotionCase = {
  mode: { kind: 'if_better' },
  task: 'classification',
  version: '4',
  metrics: { cv_accuracy_mean: 0.7 },
  champion: '3',
  comparison: scored({ accuracy: 0.9, log_loss: 0.2 }, { accuracy: 0.9, log_loss: 0.3 }),
}
const decide = (change: Partial<PromotionCase>) => decidePromotion({ ...base, ...change })

test.each<[string, Partial<PromotionCase>, boolean, string]>([
  ['the first version', { champion: undefined, comparison: undefined }, true, 'First version'],
  ['one that is champion already', { champion: '4' }, true, 'It is the champion already'],
  ['one that is as good', {}, true, 'Promoted: accuracy 0.9 against 0.9 of version 3'],
  [
    'one of which less is better',
    { mode: { kind: 'if_better', metric: 'log_loss' } },
    false,
    'Not promoted: log_loss 0.3 against 0.2 of version 3',
  ],
  [
    'a regressor that is better',
    { task: 'regression', comparison: scored({ r2: -0.5 }, { r2: 1 / 3 }) },
    true,
    'Promoted: r2 0.333333 against -0.5 of version 3',
  ],
  [
    'one without the metric',
    { mode: { kind: 'if_better', metric: 'roc_auc' } },
    false,
    'Not promoted: there is no metric roc_auc of both; there are accuracy, log_loss',
  ],
  [
    'one that shall be, though it is worse',
    { mode: { kind: 'always' }, comparison: scored({ accuracy: 1 }, { accuracy: 0 }) },
    true,
    'Promoted as asked: accuracy 0 against 1 of version 3',
  ],
  [
    'one that shall be, with nothing to compare',
    { mode: { kind: 'always' }, comparison: undefined },
    true,
    'Promoted as asked',
  ],
  [
    'one whose champion cannot be scored',
    { comparison: { kind: 'unscored', version: '3', why: { reason: 'no file', reason_fr: 'pas de fichier' } } },
    false,
    'Not promoted: the champion, version 3, cannot be compared: no file',
  ],
  [
    'one that was compared with another',
    { champion: '2' },
    false,
    'Not promoted: version 2 became champion meanwhile, and was not compared',
  ],
  [
    'one whose rule is not here',
    { mode: { kind: 'rule', rule: undefined } },
    false,
    'Not promoted: the worker that trained it has not loaded the rule of the project',
  ],
])('%s', (_name, change, promoted, reason) => {
  const decision = decide(change)
  expect(decision).toMatchObject({ promoted, reason })
  expect(decision.reason_fr).not.toBe(reason)
})

test('a rule sees both versions under the names of code, and the folds of the candidate', () => {
  const rule = (given: { candidate: object; champion: object }) => {
    expect(given.candidate).toMatchObject({ accuracy: 0.9, logLoss: 0.3, rocAuc: Number.NaN, r2: Number.NaN })
    expect(given.candidate).toMatchObject({ metrics: { cv_accuracy_mean: 0.7, log_loss: 0.3 } })
    expect(given.champion).toMatchObject({ logLoss: 0.2, metrics: { accuracy: 0.9, log_loss: 0.2 } })
    return false
  }
  expect(decide({ mode: { kind: 'rule', rule } })).toMatchObject({
    promoted: false,
    reason: 'Not promoted by the rule of the project: accuracy 0.9 against 0.9 of version 3',
    reason_fr: 'Pas promue par la règle du projet : accuracy 0,9 contre 0,9 de la version 3',
  })
  expect(decide({ mode: { kind: 'rule', rule: () => true } })).toMatchObject({ promoted: true })
})

test('a rule that fails promotes nothing, and says why', () => {
  const rule = () => {
    throw new Error('no such thing')
  }
  expect(decide({ mode: { kind: 'rule', rule } })).toMatchObject({
    promoted: false,
    reason: 'Not promoted: the rule of the project failed: no such thing',
  })
})

test('every metric has its place in code', () => {
  const { metrics, ...named } = metricsForRule({ median_ae: 2, f1_macro: 3, champion: 4 })
  expect(named).toMatchObject({ medianAe: 2, f1Macro: 3 })
  expect(metrics).toEqual({ median_ae: 2, f1_macro: 3, champion: 4 })
})
