import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { askYes } from './ask-yes.js'

test.each([
  ['y\n', 'en', true],
  ['Yes \n', 'en', true],
  ['\n', 'en', false],
  ['no\n', 'en', false],
  ['o\n', 'en', false],
  ['', 'en', false],
  ['oui\n', 'fr', true],
  ['n\n', 'fr', false],
] as const)('%j in %s is %s', async (text, language, expected) => {
  const [input, output] = [new PassThrough(), new PassThrough()]
  input.end(text)
  expect(await askYes('Sure?', language, { input, output })).toBe(expected)
  expect(String(output.read())).toContain(`Sure? ${language === 'fr' ? '[o/N]' : '[y/N]'}`)
})
