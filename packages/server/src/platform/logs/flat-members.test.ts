import pino from 'pino'
import { expect, test } from 'vitest'
import { flatMembers } from './flat-members.js'

/** The same as pino writes it. */
function byPino(fields: Readonly<Record<string, unknown>>): string {
  let line = ''
  const write = (text: string) => {
    line = text
  }
  pino({ base: null, timestamp: false }, { write }).info(fields)
  return line.replace(/^\{"level":30/, '').replace(/\}\n$/, '')
}

test.each([
  [{}],
  [
    {
      request_id: 'req_1',
      method: 'POST',
      status: 200,
      duration_ms: 0.25,
      actor: undefined,
      is_warm: true,
      none: null,
    },
  ],
  [{ path: '/a"b\\c\n\u0000é\u2028', 'a "name"': '', nan: Number.NaN, infinite: -Infinity, large: 1e21, no: false }],
  [{ emoji: '🌍', delete: '\u007f', plain: " !#[]~^'" }],
])('%j stands as pino writes it', (fields) => {
  expect(JSON.parse(`{"a":1${flatMembers(fields)}}`)).toEqual(JSON.parse(`{"a":1${byPino(fields)}}`))
  expect(flatMembers(fields)).toBe(byPino(fields))
})

test.each([[{ err: new Error('no') }], [{ list: [1] }], [{ call: () => 1 }], [{ id: 1n }]])(
  'what holds more is not for here',
  (fields) => {
    expect(flatMembers(fields)).toBeUndefined()
  },
)
