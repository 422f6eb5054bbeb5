/**
 * Reads a moment as `dateutil.parser.parse` of Python does (its rules, written afresh): which words, numbers and separators it
 * takes, and which of the numbers is the day, the month and the year. Fields that are not given come from 1 January 2000.
 */
export function readMoment(text: string): string | undefined {
  try {
    const found = new MomentReader(splitMoment(text)).read()
    return found === undefined ? undefined : momentText(found)
  } catch (error) {
    if (error instanceof NotAMoment) return undefined
    throw error
  }
}

class NotAMoment extends Error {}

function refuse(): never {
  throw new NotAMoment()
}

interface Moment {
  year?: number
  month?: number
  day?: number
  weekday?: number
  hour?: number
  minute?: number
  second?: number
  microsecond?: number
  zone?: string
  offsetSeconds?: number
}

const months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')
const longMonths = 'january february march april may june july august september october november december'.split(' ')
const days = 'mon tue wed thu fri sat sun'.split(' ')
const longDays = 'monday tuesday wednesday thursday friday saturday sunday'.split(' ')
const clock = [
  ['h', 'hour', 'hours'],
  ['m', 'minute', 'minutes'],
  ['s', 'second', 'seconds'],
]
const skipped = new Set([
  ' ',
  '.',
  ',',
  ';',
  '-',
  '/',
  "'",
  'at',
  'on',
  'and',
  'ad',
  'm',
  't',
  'of',
  'st',
  'nd',
  'rd',
  'th',
])

function indexIn(lists: readonly (readonly string[])[], word: string | undefined): number | undefined {
  const lower = word?.toLowerCase()
  for (const list of lists) {
    const index = lower === undefined ? -1 : list.indexOf(lower)
    if (index >= 0) return index
  }
  return undefined
}

function monthOf(word: string | undefined): number | undefined {
  if (word?.toLowerCase() === 'sept') return 9
  const index = indexIn([months, longMonths], word)
  return index === undefined ? undefined : index + 1
}

function clockOf(word: string | undefined): number | undefined {
  const index = clock.findIndex((names) => names.includes(word?.toLowerCase() ?? ''))
  return index < 0 ? undefined : index
}

function halfOf(word: string | undefined): number | undefined {
  const index = [
    ['am', 'a'],
    ['pm', 'p'],
  ].findIndex((names) => names.includes(word?.toLowerCase() ?? ''))
  return index < 0 ? undefined : index
}

const isSkipped = (word: string) => skipped.has(word.toLowerCase())
const isDigits = (word: string) => /^\d+$/.test(word)
const isLetter = (character: string) => /^\p{L}$/u.test(character)
const isNumber = (word: string) => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(word)

/** Words, numbers and single other characters; white space becomes one blank. A word or number with dots may fall apart. */
function splitMoment(text: string): string[] {
  const tokens: string[] = []
  const characters = [...text.replaceAll('\0', '')]
  let position = 0
  while (position < characters.length) {
    const first = characters[position] ?? ''
    position += 1
    if (/\s/.test(first)) {
      tokens.push(' ')
      continue
    }
    const isWord = isLetter(first)
    if (!isWord && !/^\d$/.test(first)) {
      tokens.push(first)
      continue
    }
    let token = first
    let state = isWord ? 'a' : '0'
    for (; position < characters.length; position += 1) {
      const next = characters[position] ?? ''
      const isPoint = next === '.' || (state === '0' && next === ',' && token.length >= 2)
      if (state === 'a' && isLetter(next)) token += next
      else if (state === '0' && /^\d$/.test(next)) token += next
      else if ((state === 'a' && next === '.') || (state === '0' && isPoint)) {
        token += next
        state += '.'
      } else if (state === 'a.' && (next === '.' || isLetter(next))) token += next
      else if (state === 'a.' && /^\d$/.test(next) && token.endsWith('.')) {
        token += next
        state = '0.'
      } else if (state === '0.' && (next === '.' || /^\d$/.test(next))) token += next
      else if (state === '0.' && isLetter(next) && token.endsWith('.')) {
        token += next
        state = 'a.'
      } else break
    }
    const dots = token.split('.').length - 1
    if (state.endsWith('.') && (state === 'a.' || dots > 1 || /[.,]$/.test(token))) {
      tokens.push(...token.split(/([.,])/).filter((part) => part !== ''))
    } else tokens.push(state === '0.' && dots === 0 ? token.replace(',', '.') : token)
  }
  return tokens
}

class MomentReader {
  readonly #tokens: readonly string[]
  readonly #moment: Moment = {}
  /** Numbers of the date in order; those whose part is known have their place here. */
  readonly #numbers: number[] = []
  #yearPlace: number | undefined
  #monthPlace: number | undefined
  #hasCentury = false
  #at = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  read(): Moment | undefined {
    for (; this.#at < this.#tokens.length; this.#at += 1) this.#readToken(this.#tokens[this.#at] ?? '')
    this.#resolve()
    if (Object.values(this.#moment).every((value) => value === undefined)) refuse()
    return this.#moment
  }

  #token(offset: number): string | undefined {
    return this.#tokens[this.#at + offset]
  }

  #readToken(token: string): void {
    if (isNumber(token)) {
      this.#readNumber(token)
      return
    }
    const weekday = indexIn([days, longDays], token)
    const month = monthOf(token)
    const half = halfOf(token)
    if (weekday !== undefined) this.#moment.weekday = weekday
    else if (month !== undefined) this.#readMonth(month)
    else if (half !== undefined) {
      const { hour } = this.#moment
      if (hour === undefined || hour > 12) refuse()
      this.#moment.hour = adjust(hour, half)
    } else if (this.#isZone(token)) {
      this.#moment.zone = token
      const sign = this.#token(1)
      if (sign === '+' || sign === '-') delete this.#moment.zone
    } else if (this.#moment.hour !== undefined && (token === '+' || token === '-'))
      this.#readOffset(token === '+' ? 1 : -1)
    else if (!isSkipped(token)) refuse()
  }

  #isZone(token: string): boolean {
    const { hour, zone, offsetSeconds } = this.#moment
    if (hour === undefined || zone !== undefined || offsetSeconds !== undefined) return false
    return token.length <= 5 && (/^[A-Z]+$/.test(token) || token === 'z')
  }

  #readOffset(sign: number): void {
    const digits = this.#token(1) ?? refuse()
    if (!isDigits(digits)) refuse()
    let hours = 0
    let minutes = 0
    if (digits.length === 4) {
      hours = Number(digits.slice(0, 2))
      minutes = Number(digits.slice(2))
    } else if (this.#token(2) === ':') {
      hours = Number(digits)
      minutes = Number(this.#token(3) ?? refuse())
      this.#at += 2
    } else if (digits.length <= 2) hours = Number(digits.slice(0, 2))
    else refuse()
    this.#moment.offsetSeconds = sign * (hours * 3600 + minutes * 60)
    this.#at += 1
  }

  #readMonth(month: number): void {
    this.#add(month, 'month')
    const separator = this.#token(1)
    if (separator === '-' || separator === '/') {
      this.#addText(this.#token(2) ?? refuse())
      if (this.#token(3) === separator) {
        this.#addText(this.#token(4) ?? refuse())
        this.#at += 2
      }
      this.#at += 2
    } else if (separator === ' ' && this.#token(3) === ' ' && this.#token(2)?.toLowerCase() === 'of') {
      const year = this.#token(4)
      if (year !== undefined && isDigits(year)) {
        this.#add(Number(year) < 100 ? twoDigitYear(Number(year)) : Number(year), 'year')
        this.#at += 4
      }
    }
  }

  #addText(text: string): void {
    if (!/^\d+$/.test(text)) refuse()
    if (text.length > 2) this.#add(Number(text), 'year')
    else this.#add(Number(text))
  }

  #add(value: number, part?: 'year' | 'month'): void {
    const known = part ?? (value > 100 ? 'year' : undefined)
    if (known === 'year') {
      if (this.#yearPlace !== undefined) refuse()
      this.#yearPlace = this.#numbers.length
      this.#hasCentury = true
    }
    if (known === 'month') {
      if (this.#monthPlace !== undefined) refuse()
      this.#monthPlace = this.#numbers.length
    }
    this.#numbers.push(value)
  }

  #readNumber(token: string): void {
    const { length } = token
    const value = Number(token)
    const next = this.#token(1)
    const moment = this.#moment
    const hasDate = this.#numbers.length === 3
    if (
      hasDate &&
      (length === 2 || length === 4) &&
      moment.hour === undefined &&
      (next === undefined || (next !== ':' && clockOf(next) === undefined))
    ) {
      moment.hour = whole(token.slice(0, 2))
      if (length === 4) moment.minute = whole(token.slice(2))
    } else if (length === 6 || (length > 6 && token.indexOf('.') === 6)) {
      if (this.#numbers.length === 0 && !token.includes('.')) {
        for (const part of [token.slice(0, 2), token.slice(2, 4), token.slice(4)]) this.#addText(part)
      } else {
        moment.hour = whole(token.slice(0, 2))
        moment.minute = whole(token.slice(2, 4))
        this.#setSeconds(token.slice(4))
      }
    } else if (length === 8 || length === 12 || length === 14) {
      this.#add(whole(token.slice(0, 4)), 'year')
      this.#addText(token.slice(4, 6))
      this.#addText(token.slice(6, 8))
      if (length > 8) {
        moment.hour = whole(token.slice(8, 10))
        moment.minute = whole(token.slice(10, 12))
      }
      if (length > 12) moment.second = whole(token.slice(12))
    } else if (!this.#readClock(value, token)) this.#readPlain(value, token)
  }

  /** A number with its unit, as `10h` or `5 minutes`. */
  #readClock(value: number, token: string): boolean {
    const last = this.#tokens.length - 1
    const place =
      clockOf(this.#token(1)) !== undefined
        ? 1
        : this.#token(1) === ' ' && clockOf(this.#token(2)) !== undefined
          ? 2
          : this.#at > 0 && clockOf(this.#token(-1)) !== undefined
            ? -1
            : this.#at > 1 && this.#at === last && this.#token(-1) === ' ' && clockOf(this.#token(-2)) !== undefined
              ? -2
              : undefined
    if (place === undefined) return false
    const unit = (clockOf(this.#token(place)) ?? 0) + (place > 0 ? 0 : 1)
    if (place > 0) this.#at += place
    if (unit === 0) {
      this.#moment.hour = Math.trunc(value)
      if (value % 1 !== 0) this.#moment.minute = Math.trunc(60 * (value % 1))
    } else if (unit === 1) {
      this.#moment.minute = Math.trunc(value)
      if (value % 1 !== 0) this.#moment.second = Math.trunc(60 * (value % 1))
    } else if (unit === 2) this.#setSeconds(token)
    return true
  }

  #readPlain(value: number, token: string): void {
    const next = this.#token(1)
    const moment = this.#moment
    if (next === ':' && this.#token(2) !== undefined) {
      moment.hour = Math.trunc(value)
      const minutes = Number(this.#token(2))
      if (!Number.isFinite(minutes)) refuse()
      moment.minute = Math.trunc(minutes)
      if (minutes % 1 !== 0) moment.second = Math.trunc(60 * (minutes % 1))
      if (this.#token(3) === ':' && this.#token(4) !== undefined) {
        this.#setSeconds(this.#token(4) ?? '')
        this.#at += 2
      }
      this.#at += 2
    } else if (next === '-' || next === '/' || next === '.') this.#readSeparated(token, next)
    else if (next === undefined || isSkipped(next)) {
      const half = halfOf(this.#token(2))
      if (half !== undefined && this.#token(2) !== undefined) {
        moment.hour = adjust(Math.trunc(value), half)
        this.#at += 1
      } else this.#addNumber(value)
      this.#at += 1
    } else if (halfOf(next) !== undefined && value >= 0 && value < 24) {
      moment.hour = adjust(Math.trunc(value), halfOf(next) ?? 0)
      this.#at += 1
    } else if (value >= 1 && value <= this.#daysMax()) this.#addNumber(value)
    else refuse()
  }

  #daysMax(): number {
    const month = this.#monthPlace === undefined ? undefined : this.#numbers[this.#monthPlace]
    if (month === undefined) return 31
    const year = this.#yearPlace === undefined ? undefined : this.#numbers[this.#yearPlace]
    return daysIn(year ?? 2000, month)
  }

  #addNumber(value: number): void {
    this.#add(Math.trunc(value))
  }

  #readSeparated(token: string, separator: string): void {
    if (!isDigits(token)) refuse()
    this.#addText(token)
    const second = this.#token(2)
    if (second !== undefined && !isSkipped(second)) {
      if (isDigits(second)) this.#addText(second)
      else this.#add(monthOf(second) ?? refuse(), 'month')
      if (this.#token(3) === separator) {
        const third = this.#token(4) ?? refuse()
        const month = monthOf(third)
        if (month !== undefined) this.#add(month, 'month')
        else this.#addText(third)
        this.#at += 2
      }
      this.#at += 1
    }
    this.#at += 1
  }

  #setSeconds(text: string): void {
    if (!/^\d+(\.\d*)?$/.test(text)) refuse()
    const [seconds = '', fraction] = text.split('.')
    this.#moment.second = Number(seconds)
    if (fraction !== undefined) this.#moment.microsecond = Number(fraction.padEnd(6, '0').slice(0, 6))
  }

  #resolve(): void {
    const numbers = this.#numbers
    const month = this.#monthPlace
    const { length } = numbers
    const [first = 0, second = 0, third = 0] = numbers
    const set = (year?: number, monthNumber?: number, day?: number) => {
      if (year !== undefined) this.#moment.year = this.#hasCentury || year >= 100 ? year : twoDigitYear(year)
      if (monthNumber !== undefined) this.#moment.month = monthNumber
      if (day !== undefined) this.#moment.day = day
    }
    if (length > 3) refuse()
    if (length === 0) return
    const isKnown = month !== undefined && this.#yearPlace !== undefined
    if (isKnown && length >= 2) {
      const dayPlace = [0, 1, 2].find((place) => place !== month && place !== this.#yearPlace && place < length)
      set(numbers[this.#yearPlace ?? 0], numbers[month ?? 0], dayPlace === undefined ? undefined : numbers[dayPlace])
    } else if (length === 1) {
      if (month !== undefined) set(undefined, first)
      else if (first > 31 || this.#yearPlace === 0) set(first)
      else set(undefined, undefined, first)
    } else if (length === 2) {
      if (month !== undefined) {
        const other = month === 0 ? second : first
        if (other > 31) set(other, numbers[month])
        else set(undefined, numbers[month], other)
      } else if (first > 31 || this.#yearPlace === 0) set(first, second)
      else if (second > 31 || this.#yearPlace === 1) set(second, first)
      else set(undefined, first, second)
    } else if (month === 0) {
      if (second > 31) set(second, first, third)
      else set(third, first, second)
    } else if (month === 1) {
      if (first > 31) set(first, second, third)
      else set(third, second, first)
    } else if (month === 2) {
      if (second > 31) set(second, third, first)
      else set(first, third, second)
    } else if (first > 31 || this.#yearPlace === 0) set(first, second, third)
    else if (first > 12) set(third, second, first)
    else set(third, first, second)
  }
}

function whole(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : refuse()
}

function adjust(hour: number, half: number): number {
  if (half === 1 && hour < 12) return hour + 12
  return half === 0 && hour === 12 ? 0 : hour
}

/** Two digits are a year of the century before where it lies 50 years ahead of 2026. */
function twoDigitYear(year: number): number {
  return year >= 76 ? 1900 + year : 2000 + year
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** `YYYY-MM-DD HH:MM:SS.ffffff` in UTC; a moment without a zone is taken as it stands. */
function momentText(moment: Moment): string {
  const { year = 2000, month = 1, day, hour = 0, minute = 0, second = 0, microsecond = 0, offsetSeconds = 0 } = moment
  if (year < 1 || year > 9999 || month < 1 || month > 12) refuse()
  const dayNumber = day ?? 1
  if (dayNumber < 1 || dayNumber > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) refuse()
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, dayNumber)
  date.setUTCHours(hour, minute, second - offsetSeconds)
  const iso = date.toISOString()
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${String(microsecond).padStart(6, '0')}`
}
