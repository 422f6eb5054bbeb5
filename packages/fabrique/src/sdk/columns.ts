import type { ColumnDefinition } from '@fabrique/contract'

/** A declared column; `Value` is what a row holds there. */
export interface Column<Value = unknown> {
  readonly definition: ColumnDefinition
  /** Only for the type checker: never set. */
  readonly value?: Value
}

export interface ColumnOptions {
  /** Shown in forms and reports, as `cm`. */
  readonly unit?: string
  readonly description?: string
  /** True lets rows be without a value; false by default. */
  readonly nullable?: boolean
}

/** Bounds that are included; a row beyond them is a bad row. */
export interface RangeOptions<Bound> extends ColumnOptions {
  readonly min?: Bound
  readonly max?: Bound
}

/** A text for a moment or day; a date becomes its text in UTC. */
type TimeBound = string | Date

interface Declared extends ColumnOptions {
  readonly min?: number | TimeBound
  readonly max?: number | TimeBound
}

function column<Value>(type: ColumnDefinition['type'], options: Declared, values?: readonly string[]): Column<Value> {
  const boundOf = (bound: number | TimeBound) => {
    if (!(bound instanceof Date)) return bound
    return type === 'date' ? bound.toISOString().slice(0, 10) : bound.toISOString()
  }
  const { unit, description, min, max } = options
  return {
    definition: {
      type,
      nullable: options.nullable ?? false,
      ...(unit === undefined ? {} : { unit }),
      ...(description === undefined ? {} : { description }),
      ...(values === undefined ? {} : { values: [...values] }),
      ...(min === undefined ? {} : { min: boundOf(min) }),
      ...(max === undefined ? {} : { max: boundOf(max) }),
    },
  }
}

/** A finite number, 64 bits. */
export function number(options: RangeOptions<number> = {}): Column<number> {
  return column('number', options)
}

/** A whole number, 64 bits. */
export function integer(options: RangeOptions<number> = {}): Column<number> {
  return column('integer', options)
}

/** Free text. */
export function text(options: ColumnOptions = {}): Column<string> {
  return column('text', options)
}

/** Text of a closed set; any other value is refused when the data is read. */
export function category<const Value extends string>(
  values: readonly Value[],
  options: ColumnOptions = {},
): Column<Value> {
  return column('category', options, values)
}

/** True or false. */
export function boolean(options: ColumnOptions = {}): Column<boolean> {
  return column('boolean', options)
}

/** A moment. Bounds as `2024-01-31T12:00:00Z`. */
export function timestamp(options: RangeOptions<TimeBound> = {}): Column<Date> {
  return column('timestamp', options)
}

/** A calendar day. Bounds as `2024-01-31`. */
export function date(options: RangeOptions<TimeBound> = {}): Column<string> {
  return column('date', options)
}
