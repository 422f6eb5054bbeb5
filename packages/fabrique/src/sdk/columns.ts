import type { ColumnDefinition } from '@fabrique/contract'

/** A declared column; `Value` is what a row holds there. */
export interface Column<Value = unknown> {
  readonly definition: ColumnDefinition
  /** Only for the type checker: never set. */
  readonly value?: Value
}

interface ColumnOptions {
  /** Shown in forms and reports, as `cm`. */
  readonly unit?: string
  readonly description?: string
  /** True lets rows be without a value; false by default. */
  readonly nullable?: boolean
}

function column<Value>(
  type: ColumnDefinition['type'],
  options: ColumnOptions,
  values?: readonly string[],
): Column<Value> {
  return {
    definition: {
      type,
      nullable: options.nullable ?? false,
      ...(options.unit === undefined ? {} : { unit: options.unit }),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(values === undefined ? {} : { values: [...values] }),
    },
  }
}

/** A finite number, 64 bits. */
export function number(options: ColumnOptions = {}): Column<number> {
  return column('number', options)
}

/** A whole number, 64 bits. */
export function integer(options: ColumnOptions = {}): Column<number> {
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

/** A moment. */
export function timestamp(options: ColumnOptions = {}): Column<Date> {
  return column('timestamp', options)
}

/** A calendar day. */
export function date(options: ColumnOptions = {}): Column<string> {
  return column('date', options)
}
