import type { en } from './en.js'

/** Texts and functions of texts, whatever they say. */
export type Shape<Value> = Value extends string
  ? string
  : Value extends (...values: infer Values) => string
    ? (...values: Values) => string
    : { readonly [Key in keyof Value]: Shape<Value[Key]> }

/** What every language has to provide: the keys and functions of the English texts. */
export type Catalogue = Shape<typeof en>
