import { expect, test } from 'vitest'
import { readS3Uri } from './s3-pattern.js'

const keys = ['u/a.csv', 'u/b.csv.gz', 'u/2024/a.csv', 'u/2024/01/a.csv', 'u.x/a.csv', 'v/a.csv', 'u/(1)+.csv']

test.each([
  ['s3://b/u/*.csv', 'u/', ['u/a.csv', 'u/(1)+.csv']],
  ['s3://b/u/**/*.csv', 'u/', ['u/a.csv', 'u/2024/a.csv', 'u/2024/01/a.csv', 'u/(1)+.csv']],
  ['s3://b/u/**/a.csv', 'u/', ['u/a.csv', 'u/2024/a.csv', 'u/2024/01/a.csv']],
  ['s3://b/u/*/a.csv', 'u/', ['u/2024/a.csv']],
  ['s3://b/u/2024/', 'u/2024/', ['u/2024/a.csv', 'u/2024/01/a.csv']],
  ['s3://b/?/a.csv', '', ['u/a.csv', 'v/a.csv']],
  ['s3://b/u/(1)+.*', 'u/(1)+.', ['u/(1)+.csv']],
  ['s3://b/**', '', keys],
  ['s3://b/u/**.gz', 'u/', ['u/b.csv.gz']],
])('%s', (uri, prefix, found) => {
  const place = readS3Uri(uri)
  expect(place).toMatchObject({ bucket: 'b', prefix })
  expect(keys.filter((key) => place.matches?.(key))).toEqual(found)
})

test('an address without wildcards names one object', () => {
  expect(readS3Uri('s3://bucket/a/b[1].csv')).toEqual({ bucket: 'bucket', prefix: 'a/b[1].csv', matches: undefined })
})
