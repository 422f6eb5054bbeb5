import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { commonPasswords } from './common-passwords.js'

/** Throws `password_refused` where a password is too short, too long, or among the first that anybody would try. */
export function checkPassword(password: string, userName: string): void {
  const [min, max] = [limit('auth.password_chars_min'), limit('auth.password_chars_max')]
  // As people count: an emoji is one.
  const length = [...password].length
  if (length < min) {
    throw refused(`it has ${length} characters of at least ${min}`, `il a ${length} caractères sur au moins ${min}`)
  }
  if (length > max) {
    throw refused(`it has ${length} characters of at most ${max}`, `il a ${length} caractères sur au plus ${max}`)
  }
  if (isCommon(password, userName)) {
    throw refused('it is among the first that are guessed', 'il est parmi les premiers qu’on devine')
  }
}

function refused(reason: string, reason_fr: string): FabriqueError {
  return new FabriqueError('password_refused', { reason, reason_fr }, { field: 'password' })
}

const charactersMin = 5

function isCommon(password: string, userName: string): boolean {
  const lower = password.toLowerCase().normalize('NFKC')
  if (new Set(lower).size < charactersMin || isSequence(lower)) return true
  const letters = lower.replace(/[^\p{L}]/gu, '')
  const word = shortestPeriod(letters)
  return (
    commonPasswords.has(letters) ||
    commonPasswords.has(word) ||
    word === userName.toLowerCase().replace(/[^\p{L}]/gu, '')
  )
}

/** Characters that follow one another, as 123456789012345 or abcdefghijklmnop: nearly each is the next after the one before. */
function isSequence(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0)
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0))
  const most = (step: number) => steps.filter((found) => found === step).length >= steps.length * 0.8
  return most(1) || most(-1)
}

/** What a text repeats: `abab` is `ab` twice. */
function shortestPeriod(text: string): string {
  const period = `${text}${text}`.indexOf(text, 1)
  return period > 0 ? text.slice(0, period) : text
}
