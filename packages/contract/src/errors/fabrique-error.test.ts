import { describe, expect, test } from 'vitest'
import { errorHint, errorMessage, FabriqueError, fillTemplate, isFabriqueError } from './fabrique-error.js'
import { toProblem } from './problem.js'

describe('FabriqueError', () => {
  const error = new FabriqueError('port_taken', { port: 8000, host: '127.0.0.1' })

  test('tells what happened in both languages', () => {
    expect(error.message).toBe('Port 8000 on 127.0.0.1 is already in use')
    expect(errorMessage(error, 'fr')).toBe('Le port 8000 sur 127.0.0.1 est déjà utilisé')
    expect(errorHint(error, 'en')).toContain('--port')
  })

  test('keeps its cause, and shows it to nobody', () => {
    const cause = new Error('secret')
    const wrapped = new FabriqueError('internal_error', {}, { cause })
    expect(wrapped.cause).toBe(cause)
    expect(JSON.stringify(toProblem(wrapped, 'req_1', 'en'))).not.toContain('secret')
  })

  test('is known also when it comes from another copy of the package', () => {
    const foreign = Object.assign(new Error('x'), { name: 'FabriqueError', code: 'port_taken', params: {} })
    expect(isFabriqueError(foreign)).toBe(true)
    expect(isFabriqueError(new Error('x'))).toBe(false)
  })

  test('becomes a problem document with code, field and request id', () => {
    const wrong = new FabriqueError('invalid_request', { field: 'limit', reason: 'too big' }, { field: 'limit' })
    expect(toProblem(wrong, 'req_7', 'en')).toMatchObject({
      status: 400,
      code: 'invalid_request',
      title: 'Field limit is not valid: too big',
      request_id: 'req_7',
      field: 'limit',
    })
  })
})

test('an error names the start of a long value only', () => {
  const error = new FabriqueError('invalid_request', { field: 'x'.repeat(1_000_000), reason: 'too long' })
  expect(error.message.length).toBeLessThan(3000)
  expect(error.message).toMatch(/^Field x+… is not valid: too long$/)
  expect(JSON.stringify(toProblem(error, 'req_1', 'fr')).length).toBeLessThan(10_000)
})

test('words among the values are told in the language', () => {
  const where = { path: 'a.csv', line: 2, column: 'b', value: '1', count: 1 }
  const error = new FabriqueError('source_rows_rejected', { ...where, reason: 'No date', reason_fr: 'Pas une date' })
  expect(errorMessage(error, 'en')).toMatch(/: No date$/)
  expect(errorMessage(error, 'fr')).toMatch(/: Pas une date$/)
})

describe('fillTemplate', () => {
  test('keeps a placeholder without a value visible', () => {
    expect(fillTemplate('{a} and {b}', { a: 1 })).toBe('1 and {b}')
  })

  test('does not fill placeholders that come with a value', () => {
    expect(fillTemplate('{a}', { a: '{b}', b: 'no' })).toBe('{b}')
  })
})
