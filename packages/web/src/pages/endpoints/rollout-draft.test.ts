import { describe, expect, test } from 'vitest'
import { firstDraft, firstShares, readDraft, readSteps } from './rollout-draft.js'

describe('the form of a roll-out', () => {
  test('steps are percent and seconds, also with a decimal comma', () => {
    expect(readSteps('5/600, 50/1800')).toEqual([
      { share: 0.05, seconds: 600 },
      { share: 0.5, seconds: 1800 },
    ])
    for (const wrong of ['', '5', '0/10', '101/10', '5/0', '5/1.5', 'x/10']) expect(readSteps(wrong)).toBeUndefined()
  })

  test('a canary with its preview', () => {
    const request = readDraft({ ...firstDraft('3'), reason: 'why' })
    expect(request).toMatchObject({ kind: 'canary', version: '3', requests_min: 100, promote: true, reason: 'why' })
    expect(request && firstShares(request, '2')).toEqual([
      { name: 'base', version: '2', share: 0.95 },
      { name: 'candidate', version: '3', share: 0.05 },
    ])
    expect(readDraft({ ...firstDraft('3'), requests: '0' })).toBeUndefined()
    expect(readDraft(firstDraft(''))).toBeUndefined()
  })

  test('a split needs two weights', () => {
    const draft = { ...firstDraft('3'), kind: 'split' as const }
    expect(readDraft({ ...draft, weights: { 1: '3' } })).toBeUndefined()
    expect(readDraft({ ...draft, weights: { 1: '3', 2: '-1' } })).toBeUndefined()
    const request = readDraft({ ...draft, weights: { 1: '3', 2: '1', 3: '' } })
    expect(request && firstShares(request, '1').map(({ share }) => share)).toEqual([0.75, 0.25])
    const bandit = readDraft({ ...draft, kind: 'bandit', weights: { 1: '1', 2: '1' } })
    expect(bandit).toMatchObject({ kind: 'bandit', variants: [{ version: '1' }, { version: '2' }] })
  })

  test('a shadow is asked a part', () => {
    expect(readDraft({ ...firstDraft('3'), kind: 'shadow', share: '10' })).toMatchObject({ share: 0.1 })
    expect(readDraft({ ...firstDraft('3'), kind: 'shadow', share: '0' })).toBeUndefined()
  })
})
