/** Texts and functions of texts, whatever they say. */
export type Shape<Value> = Value extends string
  ? string
  : Value extends (...values: infer Values) => string
    ? (...values: Values) => string
    : { readonly [Key in keyof Value]: Shape<Value[Key]> }
