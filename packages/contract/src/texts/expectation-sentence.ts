import type { Language } from '../errors/fabrique-error.js'
import type { Json } from '../schemas/common.js'
import type { ExpectationType } from '../schemas/expectations.js'
import type { Expectation } from '../schemas/project.js'
import { sentenceTemplates } from './expectation-templates.js'

/** How the parts of a sentence are written; what comes from the suite goes through one of them. Without one all is as it is. */
export interface SentenceMarks {
  readonly text: (text: string) => string
  readonly name: (name: string) => string
  readonly value: (value: string) => string
}

const asItIs = (text: string) => text
const plain: SentenceMarks = { text: asItIs, name: asItIs, value: asItIs }

const listedMax = 6
const charsMax = 80

const words = {
  en: {
    between: (min: string, max: string) => `between ${min} and ${max}`,
    atLeast: (min: string) => `at least ${min}`,
    over: (min: string) => `greater than ${min}`,
    atMost: (max: string) => `at most ${max}`,
    under: (max: string) => `less than ${max}`,
    betweenStrict: (min: string, max: string) => `strictly between ${min} and ${max}`,
    any: 'anything',
    more: (count: number) => `and ${count} more`,
    mostly: (share: string) => `, in ${share} of rows at least`,
    where: (condition: string) => `, where ${condition}`,
    orEqual: ' or equal',
  },
  fr: {
    between: (min: string, max: string) => `entre ${min} et ${max}`,
    atLeast: (min: string) => `d’au moins ${min}`,
    over: (min: string) => `au-dessus de ${min}`,
    atMost: (max: string) => `d’au plus ${max}`,
    under: (max: string) => `au-dessous de ${max}`,
    betweenStrict: (min: string, max: string) => `strictement entre ${min} et ${max}`,
    any: 'quelconque',
    more: (count: number) => `et ${count} autres`,
    mostly: (share: string) => `, dans ${share} des lignes au moins`,
    where: (condition: string) => `, là où ${condition}`,
    orEqual: ' ou égale',
  },
} as const

const ageUnits = {
  ms: { en: 'millisecond', fr: 'milliseconde' },
  s: { en: 'second', fr: 'seconde' },
  min: { en: 'minute', fr: 'minute' },
  m: { en: 'minute', fr: 'minute' },
  h: { en: 'hour', fr: 'heure' },
  d: { en: 'day', fr: 'jour' },
  w: { en: 'week', fr: 'semaine' },
} as const

/** An age, as seconds or as `36h`, in words; another form stays as it is. */
function ageInWords(age: Json, language: Language): string {
  const [, digits, unit] =
    /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|w)$/.exec(typeof age === 'number' ? `${age}s` : String(age)) ?? []
  if (digits === undefined || unit === undefined) return showJson(age, language)
  const count = Number(digits)
  // French counts in the plural from two on, English everything but one.
  const isMany = language === 'fr' ? count >= 2 : count !== 1
  return `${showJson(count, language)} ${ageUnits[unit as keyof typeof ageUnits][language]}${isMany ? 's' : ''}`
}

/** An expectation as a sentence; one whose snake case type is not known is its name in words. */
export function expectationSentence(
  { type, kwargs }: Pick<Expectation, 'type' | 'kwargs'>,
  language: Language,
  marks: SentenceMarks = plain,
): string {
  const texts = words[language]
  const template = Object.hasOwn(sentenceTemplates, type)
    ? sentenceTemplates[type as ExpectationType][language === 'fr' ? 1 : 0]
    : undefined
  const show = (value: Json) => marks.value(showJson(value, language))
  const range = () => {
    const { min_value: min, max_value: max, strict_min, strict_max } = kwargs
    const isThere = (value: Json | undefined): value is Json => value !== undefined && value !== null
    if (isThere(min) && isThere(max)) {
      const isStrict = strict_min === true && strict_max === true
      return (isStrict ? texts.betweenStrict : texts.between)(show(min), show(max))
    }
    if (isThere(min)) return (strict_min === true ? texts.over : texts.atLeast)(show(min))
    if (isThere(max)) return (strict_max === true ? texts.under : texts.atMost)(show(max))
    return texts.any
  }
  const filled = (name: string): string => {
    if (name === 'range') return range()
    const value = kwargs[name]
    if (value === undefined || value === null) return '…'
    if (name.startsWith('column') && typeof value === 'string') return marks.name(value)
    if (name === 'max_age') return marks.value(ageInWords(value, language))
    if (!Array.isArray(value)) return show(value)
    const isOfColumns = name.startsWith('column')
    const shown = value
      .slice(0, listedMax)
      .map((item: Json) => (isOfColumns && typeof item === 'string' ? marks.name(item) : show(item)))
      .join(', ')
    return value.length > listedMax ? `${shown} ${texts.more(value.length - listedMax)}` : shown
  }
  const body =
    template === undefined
      ? marks.text(type.replace(/^expect_/, '').replaceAll('_', ' ')) +
        (typeof kwargs.column === 'string' ? ` (${marks.name(kwargs.column)})` : '')
      : template
          .split(/(\{\w+\})/)
          .map((part) => (/^\{\w+\}$/.test(part) ? filled(part.slice(1, -1)) : marks.text(part)))
          .join('')
  const { mostly, row_condition } = kwargs
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 3 })
  return [
    body,
    kwargs.or_equal === true ? texts.orEqual : '',
    typeof mostly === 'number' && mostly !== 1 ? texts.mostly(marks.text(percent.format(mostly))) : '',
    typeof row_condition === 'string' && row_condition !== '' ? texts.where(show(row_condition)) : '',
  ].join('')
}

/** A JSON value as people read it, on one line and cut at a length. */
export function showJson(value: Json, language: Language, chars = charsMax): string {
  const text = oneLine(value, language)
  // The cut may leave half of a pair of code units.
  return text.length > chars ? `${text.slice(0, chars - 1).replaceAll(/\p{Surrogate}/gu, '\ufffd')}…` : text
}

function oneLine(value: Json, language: Language): string {
  if (typeof value === 'number') return new Intl.NumberFormat(language, { maximumSignificantDigits: 12 }).format(value)
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map((item: Json) => oneLine(item, language)).join(', ')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, item]) => `${key} ${oneLine(item as Json, language)}`)
      .join(', ')
  return String(value)
}
