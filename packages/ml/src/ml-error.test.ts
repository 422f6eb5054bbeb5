import { expect, test } from 'vitest'
import { MlError, mlErrorCodes } from './ml-error.js'

test('an error carries its code, the refused value and its cause', () => {
  const cause = new Error('below')
  const error = new MlError('invalid_seed', 'The seed is -1', { value: -1, cause })
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'MlError', code: 'invalid_seed', value: -1, cause })
  expect('cause' in new MlError('empty_set', 'No rows')).toBe(false)
})

test('codes are snake_case and listed once, in order', () => {
  for (const code of mlErrorCodes) expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
  expect([...new Set(mlErrorCodes)].sort()).toEqual([...mlErrorCodes])
})
