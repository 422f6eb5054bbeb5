import { describe, expect, test } from 'vitest'
import {
  checkArtifactLocation,
  checkedExperimentId,
  checkedParam,
  checkedTag,
  checkKey,
  checkMetric,
} from './checks.js'
import { artifactFolderOf, runArtifactUri } from './model.js'
import { randomRunName } from './run-name.js'

const refused = expect.objectContaining({ code: 'mlflow_invalid_value' })

describe('names of metrics, parameters and tags', () => {
  test.each(['a', 'a/b/c', 'a.b', 'a b', 'a:b', 'été', '日本', 'train-loss_1', 'a..b', 'x'.repeat(250)])(
    '%s',
    (key) => {
      expect(() => checkKey(key, 'key')).not.toThrow()
    },
  )

  test.each(['', '.', '..', 'a//b', './a', '../a', 'a/..', '/a', 'a/', 'a%b', 'a#b', 'a\\b', 'a\nb', 'a\0b', "a'b"])(
    '%s is refused',
    (key) => {
      expect(() => checkKey(key, 'key')).toThrowError(refused)
    },
  )

  test('have a longest length', () => {
    expect(() => checkKey('x'.repeat(251), 'key')).toThrowError(
      expect.objectContaining({ code: 'mlflow_value_too_long', params: { path: 'key', found: 251, limit: 250 } }),
    )
  })
})

test('long values are cut between characters', () => {
  expect(checkedParam({ key: 'p', value: 'x'.repeat(7000) }).value).toHaveLength(6000)
  const cut = checkedTag({ key: 't', value: '😀'.repeat(8001) }).value
  expect([...cut]).toHaveLength(8000)
  expect(cut.endsWith('😀')).toBe(true)
  expect(() => checkedTag({ key: 't', value: 'a\0b' })).toThrowError(refused)
})

test('a time before 1970 is refused, a negative step is not', () => {
  const metric = { key: 'm', value: 1, timestamp: 0, step: -5 }
  expect(() => checkMetric(metric)).not.toThrow()
  expect(() => checkMetric({ ...metric, timestamp: -1 }, 3)).toThrowError(/metrics\[3\]\.timestamp/)
})

test.each(['s3://b/x#y', 's3://b/x;y', 'runs:/abc', 'http://h/x?a=../..'])('location %s is refused', (location) => {
  expect(() => checkArtifactLocation(location)).toThrowError(refused)
})

test.each(['', 'x', '-1', '1.5', ' 1'])('%s is no experiment id', (id) => {
  expect(() => checkedExperimentId(id)).toThrowError(refused)
})

test.each([
  ['mlflow-artifacts:/1/abc/artifacts', '1/abc/artifacts'],
  ['mlflow-artifacts://host:5000/1/abc/artifacts', '1/abc/artifacts'],
  ['mlflow-artifacts:/', ''],
  ['s3://bucket/x', undefined],
  ['/local/x', undefined],
])('%s is kept at %s', (uri, folder) => {
  expect(artifactFolderOf(uri)).toBe(folder)
})

test('the artifacts of a run are below its location', () => {
  expect(runArtifactUri('mlflow-artifacts:/1', 'r')).toBe('mlflow-artifacts:/1/r/artifacts')
  expect(runArtifactUri('s3://b/x/', 'r')).toBe('s3://b/x/r/artifacts')
  expect(runArtifactUri('s3://b/x?v=1', 'r')).toBe('s3://b/x/r/artifacts?v=1')
})

test('a random name has an adjective, a noun and a number', () => {
  expect(randomRunName('0'.repeat(32))).toBe('able-ant-0')
  expect(randomRunName('f'.repeat(32))).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/)
})

test('an id of more digits than there are experiments is one that does not exist', () => {
  expect(() => checkedExperimentId('9'.repeat(19))).toThrowError(
    expect.objectContaining({ code: 'experiment_not_found' }),
  )
})
