import { afterEach, expect, test, vi } from 'vitest'
import { runFileVerb } from './file-verbs.js'
import { main } from './main.js'

afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

/** What a command line prints, and its exit status. */
async function printed(run: (argv: readonly string[]) => Promise<void>, args: readonly string[]) {
  const told: string[] = []
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      told.push(String(text))
      return true
    })
  }
  process.exitCode = undefined
  await run(['node', 'fabrique', ...args])
  const status = process.exitCode
  vi.restoreAllMocks()
  return { text: told.join(''), status }
}

test.each([
  ['data', 'profile', '--help'],
  ['data', 'profile', 'none.csv'],
  ['data', 'validate', '--help'],
  ['data', 'validate', 'a.csv'],
  ['data', 'validate', 'none.csv', '--suite', 'none.json', '--result-format', 'NONE'],
  ['drift', 'report', '--help'],
  ['drift', 'report', '--no-such-flag'],
  ['drift', 'report', '--reference', 'a.csv'],
  ['drift', 'report', '--reference', 'none.csv', '--current', 'none.csv', '--mode', 'other'],
  ['drift', 'report', '--reference', 'none.csv', '--current', 'none.csv'],
  ['drift', 'report', '--reference', 'none.csv', '--current', 'none.csv', '--method', 'x=none', '--lang', 'fr'],
  ['features', 'join', '--help'],
  ['features', 'join', 'a.csv'],
  ['features', 'join', 'none.csv', 'none.csv', '--on', 'id', '--time', 'ts', '--out', 'out.none'],
])('a short program says what the full one says: %s %s %s', async (...args) => {
  const full = await printed(main, args)
  expect(full.text).not.toBe('')
  expect(await printed(runFileVerb, args)).toEqual(full)
})
