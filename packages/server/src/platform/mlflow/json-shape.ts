/** Bounds of JSON that is still text. */
export interface JsonShape {
  /** Lists and objects within each other. */
  readonly depthMax: number
  /** Members and items of all lists and objects together. */
  readonly valuesMax: number
}

/**
 * True when JSON is deeper, or has more values, than the bounds. Parsing what is only brackets takes sixty times the memory of
 * its text, so large bodies are looked at before: one pass over the characters, a millisecond for each megabyte. Text that
 * is no JSON gets some answer; parsing it says what is wrong.
 */
export function exceedsShape(text: string | Uint8Array, { depthMax, valuesMax }: JsonShape): boolean {
  const codeAt = typeof text === 'string' ? (at: number) => text.charCodeAt(at) : (at: number) => text[at]
  let depth = 0
  let values = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = codeAt(at)
    if (code === quote) {
      for (at += 1; at < text.length && codeAt(at) !== quote; at += 1) if (codeAt(at) === backslash) at += 1
    } else if (code === openBracket || code === openBrace) {
      depth += 1
      values += 1
      if (depth > depthMax || values > valuesMax) return true
    } else if (code === closeBracket || code === closeBrace) depth -= 1
    else if (code === comma) {
      values += 1
      if (values > valuesMax) return true
    }
  }
  return false
}

const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
