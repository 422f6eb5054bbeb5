import { cannotEvaluate } from './model.js'

/** A regular expression of Python in the forms that it is evaluated in. */
export interface PythonRegex {
  /** The same for RE2, which DuckDB has; undefined where RE2 cannot say it (look-around, references back, …). */
  readonly re2: string | undefined
  /** True where it is found in a text, as `re.search`. */
  readonly isFoundIn: (text: string) => boolean
}

const wordJs = '\\p{L}\\p{N}_'
const spaceJs = '\\t\\n\\v\\f\\r \\x1c-\\x1f\\x85\\p{Z}'
const classes: Readonly<Record<string, string>> = { d: '\\p{Nd}', w: wordJs, s: spaceJs }
/** `\s` for RE2, where `\v` and `\p{Z}` are written alike but `\x85` has to be. */
const controls: Readonly<Record<string, string>> = { n: '\\n', t: '\\t', r: '\\r', f: '\\f', v: '\\v', a: '\\x07' }
const inlineFlags = /^\(\?([aiLmsux]+)\)/

interface Building {
  js: string
  re2: string
  re2Can: boolean
}

/**
 * Reads a regular expression of Python: `\d`, `\w` and `\s` are those of Unicode, `$` also stands before a last line break, and
 * flags stand at the start. What cannot be read cannot be evaluated.
 */
export function readPythonRegex(pattern: string): PythonRegex {
  const flags = inlineFlags.exec(pattern)?.[1] ?? ''
  if (/[xL]/.test(flags)) cannotEvaluate(`The flags ${flags} of the regular expression ${pattern} are not supported`)
  const isMultiline = flags.includes('m')
  const built: Building = { js: '', re2: '', re2Can: !flags.includes('a') }
  const body = flags === '' ? pattern : pattern.slice(`(?${flags})`.length)
  readBody(body, { built, isMultiline, isAscii: flags.includes('a') })
  const shared = `${flags.includes('i') ? 'i' : ''}${flags.includes('s') ? 's' : ''}`
  let regex: RegExp
  try {
    regex = new RegExp(built.js, `u${shared}${isMultiline ? 'm' : ''}`)
  } catch (error) {
    return cannotEvaluate(
      `The regular expression ${pattern} cannot be read: ${error instanceof Error ? error.message : ''}`,
    )
  }
  const re2Flags = `${shared}${isMultiline ? 'm' : ''}`
  return {
    re2: built.re2Can ? `${re2Flags === '' ? '' : `(?${re2Flags})`}${built.re2}` : undefined,
    isFoundIn: (text) => regex.test(text),
  }
}

interface Reading {
  readonly built: Building
  readonly isMultiline: boolean
  readonly isAscii: boolean
}

function both({ built }: Reading, text: string): void {
  built.js += text
  built.re2 += text
}

function onlyJs({ built }: Reading, text: string): void {
  built.js += text
  built.re2Can = false
}

function readBody(pattern: string, reading: Reading): void {
  let at = 0
  while (at < pattern.length) {
    const character = pattern[at] ?? ''
    if (character === '\\') at = readEscape(pattern, at, reading)
    else if (character === '[') at = readClass(pattern, at, reading)
    else if (character === '(' && pattern[at + 1] === '?') at = readGroup(pattern, at, reading)
    else if (character === '$' && !reading.isMultiline) {
      reading.built.js += '(?=\\n?(?![\\s\\S]))'
      const next = pattern[at + 1]
      if (next === undefined || next === ')' || next === '|') reading.built.re2 += '(?:\\n?\\z)'
      else reading.built.re2Can = false
      at += 1
    } else if (character === '{') at = readCount(pattern, at, reading)
    else if (character === '}' || character === ']') {
      both(reading, `\\${character}`)
      at += 1
    } else if (/[*+?}]/.test(character) && pattern[at + 1] === '+') {
      cannotEvaluate(`The possessive ${character}+ of the regular expression ${pattern} is not supported`)
    } else {
      const symbol = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
      both(reading, symbol === '/' ? '\\/' : symbol)
      at += symbol.length
    }
  }
}

function readEscape(pattern: string, at: number, reading: Reading): number {
  const next = pattern[at + 1]
  if (next === undefined) return cannotEvaluate(`The regular expression ${pattern} ends with a lone backslash`)
  const { built, isAscii } = reading
  const lower = next.toLowerCase()
  const set = classes[lower]
  if (set !== undefined && isAscii) both(reading, `\\${next}`)
  else if (set !== undefined) both(reading, `[${next === lower ? '' : '^'}${set}]`)
  else if (next === 'A') {
    built.js += '(?<![\\s\\S])'
    built.re2 += '\\A'
  } else if (next === 'Z') {
    built.js += '(?![\\s\\S])'
    built.re2 += '\\z'
  } else if (lower === 'b') {
    const inside = `[${wordJs}]`
    const edge = `(?:(?<=${inside})(?!${inside})|(?<!${inside})(?=${inside}))`
    onlyJs(reading, next === 'b' ? edge : `(?!${edge})`)
  } else if (/[1-9]/.test(next)) {
    const digits = /^\d{1,2}/.exec(pattern.slice(at + 1))?.[0] ?? next
    onlyJs(reading, `\\${digits}(?:)`)
    return at + 1 + digits.length
  } else if (next === '0') both(reading, '\\x00')
  else if (next === 'x' || next === 'u') return readCode(pattern, at, reading)
  else if (controls[next] !== undefined) both(reading, controls[next])
  else if (/[A-Za-z]/.test(next)) return cannotEvaluate(`\\${next} of the regular expression ${pattern} is not known`)
  else both(reading, quoted(next))
  return at + 2
}

function quoted(character: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character
}

function readCode(pattern: string, at: number, reading: Reading): number {
  const digits = pattern[at + 1] === 'x' ? 2 : 4
  const code = pattern.slice(at + 2, at + 2 + digits)
  if (!new RegExp(`^[0-9a-fA-F]{${digits}}$`).test(code))
    return cannotEvaluate(`The regular expression ${pattern} has a character code that is not complete`)
  reading.built.js += `\\u{${code}}`
  reading.built.re2 += `\\x{${code}}`
  return at + 2 + digits
}

function readCount(pattern: string, at: number, reading: Reading): number {
  const count = /^\{(\d*)(,?)(\d*)\}/.exec(pattern.slice(at))
  const [whole, from, comma, to] = count ?? []
  if (whole === undefined || whole === '{}' || (from === '' && to === '' && comma === '')) {
    both(reading, '\\{')
    return at + 1
  }
  both(reading, `{${from === '' ? '0' : from}${comma}${to}}`)
  // RE2 repeats at most 1,000 times.
  if (Number(from) > 1000 || Number(to) > 1000) reading.built.re2Can = false
  return at + whole.length
}

function readGroup(pattern: string, at: number, reading: Reading): number {
  const rest = pattern.slice(at)
  const named = /^\(\?P<(\w+)>/.exec(rest)
  const back = /^\(\?P=(\w+)\)/.exec(rest)
  const comment = /^\(\?#[^)]*\)/.exec(rest)
  if (named !== null) {
    reading.built.js += `(?<${named[1]}>`
    reading.built.re2 += `(?P<${named[1]}>`
    return at + named[0].length
  }
  if (back !== null) {
    onlyJs(reading, `\\k<${back[1]}>`)
    return at + back[0].length
  }
  if (comment !== null) return at + comment[0].length
  const plain = /^\(\?(?::|=|!|<=|<!)/.exec(rest)?.[0]
  if (plain === undefined)
    return cannotEvaluate(`The group ${rest.slice(0, 6)} of the regular expression ${pattern} is not supported`)
  if (plain === '(?:') both(reading, plain)
  else onlyJs(reading, plain)
  return at + plain.length
}

function readClass(pattern: string, start: number, reading: Reading): number {
  let at = start + 1
  let content = ''
  let re2 = ''
  const isNegated = pattern[at] === '^'
  if (isNegated) at += 1
  const first = at
  const add = (text: string, forRe2 = text) => {
    content += text
    re2 += forRe2
  }
  for (; at < pattern.length; at += 1) {
    const character = pattern[at] ?? ''
    if (character === ']' && at > first) {
      reading.built.js += `[${isNegated ? '^' : ''}${content}]`
      reading.built.re2 += `[${isNegated ? '^' : ''}${re2}]`
      return at + 1
    }
    if (character === '-') {
      const isRange = at > first && pattern[at + 1] !== ']'
      add(isRange ? '-' : '\\-')
    } else if (character !== '\\') add(/[\]^[\\{}()/|]/.test(character) ? `\\${character}` : character)
    else {
      at += 1
      const next = pattern[at] ?? ''
      const set = classes[next.toLowerCase()]
      if (set !== undefined && next === next.toLowerCase() && !reading.isAscii) add(set)
      else if (set !== undefined && reading.isAscii) add(`\\${next}`)
      else if (set !== undefined) {
        // The complement of a set within a set: only digits have one that both can say.
        if (next === 'D') add('\\P{Nd}')
        else cannotEvaluate(`\\${next} within [] of the regular expression ${pattern} is not supported`)
      } else if (next === 'x' || next === 'u') {
        const digits = next === 'x' ? 2 : 4
        const code = pattern.slice(at + 1, at + 1 + digits)
        add(`\\u{${code}}`, `\\x{${code}}`)
        at += digits
      } else if (next === 'b') add('\\x08')
      else if (controls[next] !== undefined) add(controls[next])
      else if (/[A-Za-z1-9]/.test(next)) cannotEvaluate(`\\${next} of the regular expression ${pattern} is not known`)
      else add(next === '-' ? '\\-' : quoted(next))
    }
  }
  return cannotEvaluate(`The regular expression ${pattern} has a [ that nothing closes`)
}
