import { type ErrorCode, type ErrorParams, errorSpec } from './error-catalogue.js'
import type { ErrorSpec } from './error-spec.js'

/** The languages the product speaks. */
export type Language = 'en' | 'fr'

/** Where an error points to and what caused it. */
export interface ErrorContext {
  /** The failure underneath; kept for the log, never shown to a client. */
  readonly cause?: unknown
  /** Dotted path of the input field that is wrong, such as `features[0].sepal_length`. */
  readonly field?: string
}

/**
 * Replaces each `{name}` of a template by its value; an unknown name stays visible. A value that is words has them in French under
 * `name_fr`.
 */
export function fillTemplate(
  template: string,
  params: Readonly<Record<string, string | number>>,
  language: Language = 'en',
): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = (language === 'fr' ? params[`${name}_fr`] : undefined) ?? params[name]
    return value === undefined ? whole : String(value)
  })
}

/** Characters of one value in an error: what a client sent may be as long as a request, its refusal must not be. */
const valueCharsMax = 2000

function shortened(params: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> {
  const isShort = (value: string | number) => typeof value === 'number' || value.length <= valueCharsMax
  if (Object.values(params).every(isShort)) return params
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      isShort(value) ? value : `${String(value).slice(0, valueCharsMax)}…`,
    ]),
  )
}

/**
 * The one class of expected failures: a code of the closed catalogue and the values its texts name.
 * Broken invariants are not expected failures; they are assertions.
 */
export class FabriqueError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'FabriqueError'
  readonly code: Code
  readonly params: Readonly<Record<string, string | number>>
  readonly field: string | undefined

  constructor(code: Code, params: ErrorParams<Code>, context: ErrorContext = {}) {
    const values = shortened(params as Readonly<Record<string, string | number>>)
    super(fillTemplate(errorSpec(code).en, values), context.cause === undefined ? {} : { cause: context.cause })
    this.code = code
    this.params = values
    this.field = context.field
  }

  get spec(): ErrorSpec {
    return errorSpec(this.code)
  }
}

/** True for an error of the catalogue, also when it comes from another copy of this package. */
export function isFabriqueError(error: unknown): error is FabriqueError {
  return error instanceof Error && error.name === 'FabriqueError' && 'code' in error && 'params' in error
}

/** The message of an error in a language. */
export function errorMessage(error: FabriqueError, language: Language): string {
  const { en, fr } = errorSpec(error.code)
  return fillTemplate(language === 'fr' ? fr : en, error.params, language)
}

/** What to do about an error, in a language. */
export function errorHint(error: FabriqueError, language: Language): string {
  const { hintEn, hintFr } = errorSpec(error.code)
  return fillTemplate(language === 'fr' ? hintFr : hintEn, error.params, language)
}
