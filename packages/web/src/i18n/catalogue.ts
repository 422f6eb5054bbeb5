import type { en } from './en.js'
import type { PartName, parts } from './parts.js'
import type { Shape } from './shape.js'

/** The texts of the first view: the keys and functions that every language has to provide. */
export type FirstTexts = Shape<typeof en>

type All<Union> = (Union extends unknown ? (value: Union) => void : never) extends (value: infer Both) => void
  ? Both
  : never

/** The texts of all parts. */
export type PartTexts = All<{ [Name in PartName]: Shape<Awaited<ReturnType<(typeof parts)[Name]['en']>>> }[PartName]>

/** Every text; a page finds those of the first view and of the parts that its route names. */
export type Catalogue = FirstTexts & PartTexts
