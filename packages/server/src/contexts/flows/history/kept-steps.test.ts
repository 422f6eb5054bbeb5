import { expect, test } from 'vitest'
import { type EarlierStep, keptSteps } from './kept-steps.js'

/** As `b<a` of a step that began after another, `m[0]@m` of an item of a map, `c!` of one that did not complete. */
const steps = (...texts: readonly string[]): readonly EarlierStep[] =>
  texts.map((text) => {
    const [, name = '', map = null, after = '', failed] = /^([^<@!]+)(?:@([^<!]+))?(?:<([^!]+))?(!)?$/.exec(text) ?? []
    return { name, map, after: after === '' ? [] : after.split(','), isCompleted: failed === undefined }
  })

test.each([
  ['steps in a row keep those before the one that failed', steps('a', 'b<a', 'c<b!'), undefined, ['a', 'b']],
  ['a step that was chosen is done again with all after it', steps('a', 'b<a', 'c<b', 'd<c'), 'b', ['a']],
  ['steps beside the one that failed are kept', steps('a', 'b<a!', 'c<a', 'd<c'), undefined, ['a', 'c', 'd']],
  ['what the code did after a failure that it caught is done again', steps('a!', 'b<a', 'c<b'), undefined, []],
  ['a run that failed between steps keeps them all', steps('a', 'b<a'), undefined, ['a', 'b']],
  ['a map keeps the items that completed', steps('m!', 'm[0]@m', 'm[1]@m!', 'm[2]@m'), undefined, ['m[0]', 'm[2]']],
  ['a map that was chosen is done whole', steps('a', 'm<a', 'm[0]@m<a', 'm[1]@m<a', 'z<m'), 'm', ['a']],
  ['a map after the chosen step is done whole', steps('a', 'm<a', 'm[0]@m', 'z<m'), 'a', []],
  ['an item that was chosen leaves the others of its map', steps('m', 'm[0]@m', 'm[1]@m', 'z<m'), 'm[1]', ['m[0]']],
  ['items that name their map as done before them are kept', steps('m!', 'm[0]@m<m', 'm[1]@m<m!'), undefined, ['m[0]']],
  [
    'a map begun again behind items that an earlier retry kept is done whole',
    steps('a', 'm[0]@m', 'm<a', 'm[1]@m', 'z<m'),
    'a',
    [],
  ],
  ['a step after an item that an earlier retry kept', steps('a', 'm[0]@m', 'z<m[0]', 'm<a'), 'a', []],
  ['a map after a map that failed', steps('m!', 'm[0]@m!', 'n<m', 'n[0]@n'), undefined, []],
])('%s', (_, earlier, from, kept) => {
  expect(keptSteps(earlier, from)).toEqual(kept)
})

test('a step after more steps than it names is done again with each of them', () => {
  const many = Array.from({ length: 60 }, (_, index) => `p${index}`)
  const newest = many.slice(-50).join(',')
  expect(keptSteps(steps(...many, `z<${newest}`, 'y<z'), 'p0')).toEqual(many.slice(1))
  expect(keptSteps(steps(...many, `m<${newest}`, `m[0]@m<${newest}`, `m[1]@m<${newest}!`))).toEqual([...many, 'm[0]'])
})
