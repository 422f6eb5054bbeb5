/** Errors alone, without the schemas: short programs import them from `@fabrique/contract/errors`, which brings no validator along. */
export * from './error-catalogue.js'
export type { ErrorSpec } from './error-spec.js'
export * from './fabrique-error.js'
