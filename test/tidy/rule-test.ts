import { expect, test } from 'vitest'
import { type Finding, type Rule, repositoryFiles, showFinding } from './tree.js'

const shownMax = 40

/** Fails with one line for each finding. */
export function expectTidy(findings: readonly Finding[]): void {
  if (findings.length === 0) return
  const more = findings.length > shownMax ? `\nand ${findings.length - shownMax} more` : ''
  const shown = findings.slice(0, shownMax).map(showFinding)
  expect.fail(`${findings.length} not tidy\n${shown.join('\n')}${more}`)
}

/** Files of a sample, by path. */
export function sample(files: Readonly<Record<string, string>>): readonly { path: string; text: string }[] {
  return Object.entries(files).map(([path, text]) => ({ path, text }))
}

/**
 * Two tests for a rule: the repository keeps it, and it finds exactly what is wrong in a bad sample. `wrong` has one
 * pattern for each finding expected, as `path:line  message`.
 */
export function testRule(
  name: string,
  rule: Rule,
  bad: { readonly files: Readonly<Record<string, string>>; readonly wrong: readonly RegExp[] },
): void {
  test(name, () => expectTidy(rule(repositoryFiles())))

  test(`${name}: fails on a bad sample`, () => {
    const found = rule(sample(bad.files)).map(showFinding)
    expect(found).toEqual(bad.wrong.map((pattern) => expect.stringMatching(pattern)))
  })
}
