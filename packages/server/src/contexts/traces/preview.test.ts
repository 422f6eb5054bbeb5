import { expect, test } from 'vitest'
import { previewOf } from './preview.js'

test.each([
  [undefined, null],
  ['text', '"text"'],
  [{ a: 1 }, '{"a":1}'],
  [
    {
      messages: [
        { role: 'user', content: 'first' },
        { role: 'user', content: 'last' },
        { role: 'assistant', content: 'x' },
      ],
    },
    'last',
  ],
  [{ input: [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text: 'seen' }] }] }, 'seen'],
  [{ choices: [{ message: { role: 'assistant', content: 'yes' } }] }, 'yes'],
  [{ request: { input: [{ role: 'user', content: 'deep' }] } }, 'deep'],
  [{ messages: [{ role: 'user', content: 5 }] }, '{"messages":[{"role":"user","content":5}]}'],
  [{ messages: [] }, '{"messages":[]}'],
])('%j', (value, preview) => {
  expect(previewOf(value, 'user')).toBe(preview)
})

test('a long one is cut', () => {
  expect(previewOf('x'.repeat(2000), 'user')).toBe(`"${'x'.repeat(996)}...`)
})
