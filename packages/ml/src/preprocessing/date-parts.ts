import { float64At } from '../data/element.js'
import type { GraphBuilder } from '../onnx/onnx-graph.js'
import { parameter } from '../parameters/parameter-spec.js'
import { resolveParameters } from '../parameters/resolve-parameters.js'
import { flowRows, isColumns, namedFlow } from '../pipeline/flow.js'
import { apply, asColumn, castTo, columnsGraph, missingTime, scalar, sideBySide } from '../pipeline/graph-flow.js'
import type { FittedTransformer, Transformer } from '../pipeline/pipeline.js'

/** Parts by name, each with the integer arithmetic that gives it; the order is the order of the features. */
const partNames = ['year', 'month', 'day', 'weekday', 'hour', 'minute', 'second', 'day_of_year', 'timestamp'] as const

type PartName = (typeof partNames)[number]

export type DatePartsParameters = {
  readonly [Name in 'year' | 'month' | 'day' | 'weekday' | 'hour' | 'minute' | 'second']: boolean
} & {
  readonly dayOfYear: boolean
  readonly timestamp: boolean
}

export interface FittedDateParts extends FittedTransformer {
  readonly parts: readonly PartName[]
}

const dayMs = 86_400_000

function part(name: keyof DatePartsParameters, sklearnName: PartName, isDefault: boolean, en: string, fr: string) {
  return parameter('boolean', { name, sklearnName, default: isDefault, description: { en, fr } })
}

/** Parts of a time in UTC, in the proleptic Gregorian calendar; a missing time gives NaN. scikit-learn has no such step. */
export const dateParts: Transformer<FittedDateParts, DatePartsParameters> = {
  kind: 'date_parts',
  sklearnName: '',
  takes: ['time'],
  parameters: {
    year: part('year', 'year', true, 'The year', 'L’année'),
    month: part('month', 'month', true, 'The month, 1 to 12', 'Le mois, de 1 à 12'),
    day: part('day', 'day', true, 'The day of the month, 1 to 31', 'Le jour du mois, de 1 à 31'),
    weekday: part(
      'weekday',
      'weekday',
      true,
      'The day of the week, Monday 0 to Sunday 6',
      'Le jour de la semaine, de lundi 0 à dimanche 6',
    ),
    hour: part('hour', 'hour', true, 'The hour, 0 to 23', 'L’heure, de 0 à 23'),
    minute: part('minute', 'minute', false, 'The minute, 0 to 59', 'La minute, de 0 à 59'),
    second: part('second', 'second', false, 'The second, 0 to 59', 'La seconde, de 0 à 59'),
    dayOfYear: part(
      'dayOfYear',
      'day_of_year',
      false,
      'The day of the year, 1 to 366',
      'Le jour de l’année, de 1 à 366',
    ),
    timestamp: part('timestamp', 'timestamp', false, 'Days since 1970', 'Jours depuis 1970'),
  },
  async fit({ parameters = {} }) {
    const { dayOfYear, ...own } = resolveParameters<DatePartsParameters>(dateParts.parameters, parameters)
    const wanted = { ...own, day_of_year: dayOfYear }
    return { kind: 'date_parts', parts: partNames.filter((name) => wanted[name]) }
  },
  transform({ parts }, input) {
    const columns = isColumns(input) ? input : []
    const names: string[] = []
    const values: Float32Array[] = []
    for (const column of columns) {
      if (column.kind === 'text') continue
      for (const name of parts) {
        names.push(`${column.name}_${name}`)
        const result = new Float32Array(column.values.length)
        for (let row = 0; row < result.length; row++) result[row] = partOf(name, float64At(column.values, row))
        values.push(result)
      }
    }
    return namedFlow(names, values, flowRows(input))
  },
  addToGraph({ parts }, graph, flow) {
    const values = columnsGraph(flow).flatMap(({ value }) => {
      const calendar = addCalendar(graph, value)
      const isMissing = apply(graph, 'Equal', value, scalar(graph, 'int64', missingTime))
      const none = scalar(graph, 'float32', Number.NaN)
      return parts.map((name) => asColumn(graph, apply(graph, 'Where', isMissing, none, itemOf(calendar, name))))
    })
    return { kind: 'dense', value: sideBySide(graph, values), columnCount: values.length }
  },
}

/** Days since 1970 to the calendar, by eras of 400 years that begin in March (H. Hinnant's algorithm). */
function partOf(name: PartName, milliseconds: number): number {
  const days = Math.floor(milliseconds / dayMs)
  const rest = milliseconds - days * dayMs
  switch (name) {
    case 'hour':
      return Math.floor(rest / 3_600_000)
    case 'minute':
      return Math.floor(rest / 60_000) % 60
    case 'second':
      return Math.floor(rest / 1000) % 60
    case 'weekday':
      return days + 3 - 7 * Math.floor((days + 3) / 7)
    case 'timestamp':
      return milliseconds / dayMs
    default:
      return dateOf(name, days)
  }
}

function dateOf(name: 'year' | 'month' | 'day' | 'day_of_year', days: number): number {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const month = Math.floor((5 * dayOfYear + 2) / 153)
  const isAfterDecember = month >= 10 ? 1 : 0
  const year = yearOfEra + era * 400 + isAfterDecember
  if (name === 'year') return year
  if (name === 'day') return dayOfYear - Math.floor((153 * month + 2) / 5) + 1
  if (name === 'month') return month + 3 - 12 * isAfterDecember
  if (isAfterDecember === 1) return dayOfYear - 305
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return dayOfYear + 60 + (isLeap ? 1 : 0)
}

function itemOf(calendar: Readonly<Record<PartName, () => string>>, name: PartName): string {
  return calendar[name]()
}

/** The same arithmetic as nodes over int64; every part float32 [N]. */
function addCalendar(graph: GraphBuilder, milliseconds: string): Readonly<Record<PartName, () => string>> {
  const number = (value: number) => scalar(graph, 'int64', value)
  const op = (operator: string, a: string, b: string | number) =>
    apply(graph, operator, a, typeof b === 'number' ? number(b) : b)
  // Mod takes the sign of the divisor, Div cuts towards zero: what is left after the remainder divides without one.
  const rest = op('Mod', milliseconds, dayMs)
  const days = op('Div', op('Sub', milliseconds, rest), dayMs)
  const shifted = op('Add', days, 719_468)
  const dayOfEra = op('Mod', shifted, 146_097)
  const era = op('Div', op('Sub', shifted, dayOfEra), 146_097)
  const leapless = op('Add', op('Sub', dayOfEra, op('Div', dayOfEra, 1460)), op('Div', dayOfEra, 36_524))
  const yearOfEra = op('Div', op('Sub', leapless, op('Div', dayOfEra, 146_096)), 365)
  const before = op(
    'Sub',
    op('Add', op('Mul', yearOfEra, number(365)), op('Div', yearOfEra, 4)),
    op('Div', yearOfEra, 100),
  )
  const dayOfYear = op('Sub', dayOfEra, before)
  const month = op('Div', op('Add', op('Mul', dayOfYear, 5), 2), 153)
  const isAfterDecember = castTo(graph, op('GreaterOrEqual', month, 10), 'int64')
  const year = op('Add', op('Add', yearOfEra, op('Mul', era, 400)), isAfterDecember)
  const isMultiple = (of: number) => castTo(graph, op('Equal', op('Mod', year, of), 0), 'int64')
  const dayInYear = () => {
    // A century is no leap year unless 400 divides it.
    const leap = op('Add', op('Sub', isMultiple(4), isMultiple(100)), isMultiple(400))
    const fromMarch = op('Add', op('Add', dayOfYear, 60), leap)
    return apply(graph, 'Where', castTo(graph, isAfterDecember, 'bool'), op('Sub', dayOfYear, 305), fromMarch)
  }
  const exact = (value: () => string) => () => castTo(graph, value(), 'float32')
  const double = (value: string) => castTo(graph, value, 'float64')
  return {
    year: exact(() => year),
    month: exact(() => op('Sub', op('Add', month, 3), op('Mul', isAfterDecember, 12))),
    day: exact(() => op('Add', op('Sub', dayOfYear, op('Div', op('Add', op('Mul', month, 153), 2), 5)), 1)),
    weekday: exact(() => op('Mod', op('Add', days, 3), 7)),
    hour: exact(() => op('Div', rest, 3_600_000)),
    minute: exact(() => op('Mod', op('Div', rest, 60_000), 60)),
    second: exact(() => op('Mod', op('Div', rest, 1000), 60)),
    day_of_year: exact(dayInYear),
    timestamp: exact(() => apply(graph, 'Div', double(milliseconds), scalar(graph, 'float64', dayMs))),
  }
}
