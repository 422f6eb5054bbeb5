/** How characters are made alike before words are compared. */
export interface Folding {
  readonly lowercase: boolean
  readonly stripAccents: boolean
}

/** Marks what an alphabet does not hold: it is no code point. */
export const unknownCharacter = 0x110000

/** Ends a text in an exported file; in a text it counts as nothing. */
export const endCharacter = 1

export const spaceCharacter = 32

const wordCharacter = /^[\p{L}\p{N}_]$/u
const mark = /\p{M}/gu
const space = /^\s$/u

/** Letters, digits and the underscore, of all scripts: what words are made of. */
export function isWordCharacter(code: number): boolean {
  return wordCharacter.test(String.fromCodePoint(code))
}

export function isSpace(code: number): boolean {
  return code === spaceCharacter || (code <= 0xffff && space.test(String.fromCharCode(code)))
}

/** White space of all kinds, the space itself aside. */
export const spaceCodes: readonly number[] = Array.from({ length: 0x10000 }, (_, code) => code).filter(
  (code) => code !== spaceCharacter && isSpace(code),
)

/**
 * The character that stands for this one. Each character is folded by itself and to one character, so that a file can do it with a table,
 * whatever locale it runs under: what would become several (the ligature of fi, the dotted capital I) stays as it is.
 */
export function foldCharacter(code: number, { lowercase, stripAccents }: Folding): number {
  let text = String.fromCodePoint(code)
  if (lowercase) text = onlyOne(text.toLowerCase(), text)
  if (stripAccents) text = onlyOne(text.normalize('NFKD').replace(mark, ''), text)
  return text.codePointAt(0) ?? code
}

function onlyOne(candidate: string, otherwise: string): string {
  const code = candidate.codePointAt(0)
  return code !== undefined && candidate.length === (code > 0xffff ? 2 : 1) ? candidate : otherwise
}

/** A whole text folded, character by character. */
export function foldText(text: string, folding: Folding): string {
  return Array.from(text, (character) =>
    String.fromCodePoint(foldCharacter(character.codePointAt(0) ?? 0, folding)),
  ).join('')
}

/** Beyond these planes no letter has another case or an accent. */
const foldedMax = 0x1ffff

const unfoldings = new Map<string, ReadonlyMap<number, readonly number[]>>()

/** Every character, by the one that it is folded to, where that is another one. */
function unfoldingOf(folding: Folding): ReadonlyMap<number, readonly number[]> {
  const key = `${folding.lowercase} ${folding.stripAccents}`
  const known = unfoldings.get(key)
  if (known !== undefined) return known
  const unfolding = new Map<number, number[]>()
  for (let code = 128; code <= foldedMax; code++) addUnfolding(unfolding, code, folding)
  for (let code = 0; code < 128; code++) addUnfolding(unfolding, code, folding)
  unfoldings.set(key, unfolding)
  return unfolding
}

function addUnfolding(unfolding: Map<number, number[]>, code: number, folding: Folding): void {
  if (code >= 0xd800 && code <= 0xdfff) return
  const folded = foldCharacter(code, folding)
  if (folded === code) return
  const from = unfolding.get(folded)
  if (from === undefined) unfolding.set(folded, [code])
  else from.push(code)
}

/** All characters that are folded to one of these, with the one that each is folded to; ascending. */
export function unfoldAlphabet(folded: Iterable<number>, folding: Folding): (readonly [number, number])[] {
  const unfolding = unfoldingOf(folding)
  const pairs: (readonly [number, number])[] = []
  for (const code of folded) {
    if (foldCharacter(code, folding) === code) pairs.push([code, code])
    for (const from of unfolding.get(code) ?? []) pairs.push([from, code])
  }
  return pairs.sort(([a], [b]) => a - b)
}
