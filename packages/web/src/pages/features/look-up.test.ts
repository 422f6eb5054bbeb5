import type { FeatureStatus, FeaturesAtReply, Json, OnlineReply } from '@fabrique/contract'
import { describe, expect, it } from 'vitest'
import { compareAnswers } from './compare-answers.js'
import {
  keyFields,
  keyText,
  localMoment,
  parseKey,
  questionOf,
  readKeys,
  readTarget,
  utcMoment,
  writeTarget,
} from './look-up-request.js'

describe('the question', () => {
  it('reads back the target that it wrote, and nothing else', () => {
    for (const target of [{ kind: 'view', name: 'usage' } as const, { kind: 'service', name: 'churn' } as const])
      expect(readTarget(writeTarget(target))).toEqual(target)
    for (const text of [undefined, '', 'usage', 'view:', 'entity:user']) expect(readTarget(text)).toBeUndefined()
  })

  it('reads keys of an address, whatever stands there', () => {
    expect(readKeys('{"user_id":1,"device":"tv","on":true,"none":null}')).toEqual({
      user_id: 1,
      device: 'tv',
      on: true,
      none: null,
    })
    for (const text of [undefined, '', '{', '[1]', '{}', '{"a":{}}', 'null', '3'])
      expect(readKeys(text)).toBeUndefined()
  })

  it('takes keys as their type has them', () => {
    expect(parseKey(' 42 ', 'integer')).toEqual({ value: 42 })
    expect(parseKey('9007199254740993', 'integer')).toEqual({ value: '9007199254740993' })
    for (const text of ['4.2', '042', 'x', '1e3', '-0'])
      expect(parseKey(text, 'integer')).toEqual({ problem: 'wholeNumber' })
    expect(parseKey('', 'integer')).toEqual({ problem: 'needed' })
    expect(parseKey('true', 'boolean')).toEqual({ value: true })
    expect(parseKey('yes', 'boolean')).toEqual({ problem: 'yesNo' })
    expect(parseKey(' é|1 ', 'text')).toEqual({ value: ' é|1 ' })
    expect(parseKey('1', undefined)).toEqual({ value: '1' })
  })

  it('asks for all of a view, or for a service', () => {
    const keys = { user_id: 1 }
    expect(questionOf({ kind: 'view', name: 'usage' }, keys)).toEqual({ features: ['usage'], keys: [keys] })
    expect(questionOf({ kind: 'service', name: 'churn' }, keys)).toEqual({ service: 'churn', keys: [keys] })
    expect(keyText(keys)).toBe('user_id 1')
    expect(keyText({ user_id: 1, device: 'tv' })).toBe('user_id 1, device tv')
  })

  it('wants each key of the views of a service once', () => {
    const view = (name: string, ...keys: string[]) => ({ name, keys: keys.map((key) => ({ name: key, type: 'text' })) })
    const views = [view('usage', 'user_id'), view('devices', 'user_id', 'device'), view('plans', 'plan')]
    const churn = { name: 'churn', views: ['usage', 'devices'].map((view) => ({ view, version: 1 })) }
    const names = (target: Parameters<typeof keyFields>[0]) => keyFields(target, views, [churn]).map(({ name }) => name)
    expect(names({ kind: 'service', name: 'churn' })).toEqual(['user_id', 'device'])
    expect(names({ kind: 'view', name: 'plans' })).toEqual(['plan'])
    expect(names({ kind: 'view', name: 'gone' })).toEqual([])
  })

  it('writes a moment in the zone of the reader, and reads it back', () => {
    for (const text of ['2026-03-01T12:34:56.000Z', '2026-12-31T23:59:59.000Z'])
      expect(utcMoment(localMoment(new Date(text)))).toBe(text)
    expect(utcMoment('')).toBeUndefined()
    expect(utcMoment('soon')).toBeUndefined()
  })
})

type Found = readonly [name: string, value: Json, status: FeatureStatus]

function reply(...found: readonly Found[]): OnlineReply {
  return {
    features: found.map(([name]) => ({ name, view: 'usage', version: 1 })),
    rows: [
      {
        keys: { user_id: 1 },
        values: found.map(([, value]) => value),
        statuses: found.map(([, , status]) => status),
        event_times: found.map(() => '2026-03-01T00:00:00Z'),
        age_seconds: found.map(() => 60),
      },
    ],
  }
}

const at = (not_computed: string[], ...found: readonly Found[]): FeaturesAtReply => ({
  ...reply(...found),
  not_computed,
})

describe('compareAnswers', () => {
  it('marks what differs in value or status, with the difference of numbers', () => {
    const compared = compareAnswers(
      reply(['a', 5, 'PRESENT'], ['b', 'x', 'PRESENT'], ['c', null, 'NULL_VALUE'], ['d', 1, 'PRESENT']),
      at([], ['a', 3, 'PRESENT'], ['b', 'x', 'PRESENT'], ['c', null, 'NOT_FOUND'], ['d', null, 'OUTSIDE_MAX_AGE']),
    )
    expect(compared.map(({ name, differs, difference }) => [name, differs, difference])).toEqual([
      ['a', true, 2],
      ['b', false, undefined],
      ['c', true, undefined],
      ['d', true, undefined],
    ])
  })

  it('does not compare what only code could tell, unless there is nothing', () => {
    const [busy] = compareAnswers(reply(['busy', true, 'PRESENT']), at(['busy'], ['busy', null, 'NULL_VALUE']))
    expect(busy).toMatchObject({ earlier: 'by_code' })
    expect(busy).not.toHaveProperty('differs')
    const [gone] = compareAnswers(reply(['busy', true, 'PRESENT']), at(['busy'], ['busy', null, 'NOT_FOUND']))
    expect(gone).toMatchObject({ differs: true })
  })

  it('shows one answer alone, and features that only one of both has', () => {
    expect(compareAnswers(undefined, undefined)).toEqual([])
    expect(compareAnswers(reply(['a', 1, 'PRESENT']), undefined)).toMatchObject([{ name: 'a', now: { value: 1 } }])
    const both = compareAnswers(reply(['a', 1, 'PRESENT']), at([], ['b', 2, 'PRESENT']))
    expect(both.map(({ name, now, earlier }) => [name, now === undefined, earlier === undefined])).toEqual([
      ['a', false, true],
      ['b', true, false],
    ])
  })
})
