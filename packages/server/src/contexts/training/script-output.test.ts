import { expect, test } from 'vitest'
import { ScriptOutput } from './script-output.js'

const outputOf = (bytesMax: number, ...chunks: string[]) => {
  const output = new ScriptOutput(bytesMax)
  for (const chunk of chunks) output.add(Buffer.from(chunk))
  return output
}

test('short output is kept as it is', () => {
  const output = outputOf(100, 'one\ntw', 'o\nthr')
  expect(output.content().toString()).toBe('one\ntwo\nthr')
  expect(output.line).toBe('two')
  expect(output.tail()).toBe('one\ntwo\nthr')
})

test('of a flood the first and the last half stay, and how much is missing', () => {
  const chunks = Array.from({ length: 100 }, (_, at) => `${String(at).padStart(3, '0')}\n`)
  expect(
    outputOf(24, ...chunks)
      .content()
      .toString(),
  ).toBe('000\n001\n002\n\n... 376 bytes left out ...\n097\n098\n099\n')
  expect(outputOf(24, chunks.join('')).content().toString()).toBe(
    outputOf(24, ...chunks)
      .content()
      .toString(),
  )
})

test('the newest line of a progress bar is told, and a line without end is not kept for ever', () => {
  expect(outputOf(1000, '10 %\r20 %\r30').line).toBe('20 %')
  const output = outputOf(100, 'a'.repeat(100_000), '\n')
  expect(output.line).toHaveLength(500)
  expect(output.content().length).toBeLessThan(150)
})
