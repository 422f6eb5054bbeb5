import { expect, test } from 'vitest'
import { isConnectionError } from './connection.js'

const system = (code: string) => Object.assign(new Error(code), { code, syscall: 'connect' })

test.each([
  ['a host that takes no connection', new Error('timeout expired')],
  ['a pool that gets none', new Error('timeout exceeded when trying to connect')],
  ['a connection that broke', new Error('Connection terminated unexpectedly')],
  ['no way to the network', system('ENETUNREACH')],
  ['no network', system('ENETDOWN')],
  ['all addresses of a host', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })],
])('%s is a database that is away', (_, error) => {
  expect(isConnectionError(error)).toBe(true)
})

test.each([
  ['a statement that is wrong', new Error('syntax error at or near "selct"')],
  ['a file that is not there', Object.assign(new Error('ENOENT'), { code: 'ENOENT' })],
  ['a time-out of something else', new Error('the timeout expired while reading')],
])('%s is not', (_, error) => {
  expect(isConnectionError(error)).toBe(false)
})
