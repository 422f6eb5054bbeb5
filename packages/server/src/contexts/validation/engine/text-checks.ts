import type { Json, KnownExpectation } from '@fabrique/contract'
import { type Columns, columnOf, type TableColumn } from './columns.js'
import { jsonSchemaJudge, readPythonJson } from './json-schema.js'
import { cannotEvaluate } from './model.js'
import { readMoment } from './read-moment.js'
import { type RowCheck, rowsOf } from './row-checks.js'
import { strptimeJudge } from './strptime.js'

/** Expectations about the text of each value that no SQL says: each distinct text is judged in this process. */
export function textCheckOf(known: KnownExpectation, columns: Columns): RowCheck | undefined {
  switch (known.type) {
    case 'expect_column_values_to_match_strftime_format': {
      const judge = strptimeJudge(known.kwargs.strftime_format)
      return ofText(known, columns, (column) => (text) => {
        refuseOthers(column, 'expect_column_values_to_match_strftime_format')
        return judge(text)
      })
    }
    case 'expect_column_values_to_be_dateutil_parseable':
      return ofText(known, columns, (column) => (text) => {
        refuseOthers(column, 'expect_column_values_to_be_dateutil_parseable')
        return readMoment(text) !== undefined
      })
    case 'expect_column_values_to_be_json_parseable':
      return ofText(known, columns, (column) => (text) => column.kind === 'text' && readPythonJson(text) !== undefined)
    case 'expect_column_values_to_match_json_schema': {
      // The contract gives any value of JSON here.
      const judge = jsonSchemaJudge(known.kwargs.json_schema as Json)
      return ofText(known, columns, (column) => (text) => {
        refuseOthers(column, 'expect_column_values_to_match_json_schema')
        const json = readPythonJson(text)
        if (json === undefined) return cannotEvaluate(`${JSON.stringify(text.slice(0, 100))} is not JSON`)
        return judge(json.value)
      })
    }
    default:
      return undefined
  }
}

function ofText(
  {
    type,
    kwargs,
  }: KnownExpectation & { readonly kwargs: { readonly column: string; readonly mostly?: number | undefined } },
  columns: Columns,
  judgeOf: (column: TableColumn) => (text: string) => boolean,
): RowCheck {
  const column = columnOf(columns, kwargs.column)
  const rows = rowsOf(type, kwargs, columns)
  return {
    values: [column],
    shape: 'value',
    rows,
    looked: `(${rows}) and (${column.sql} is not null)`,
    unexpected: { by: 'text', judge: judgeOf(column) },
    mostly: kwargs.mostly ?? 1,
    hasMissing: true,
  }
}

function refuseOthers({ kind }: TableColumn, type: string): void {
  if (kind !== 'text') cannotEvaluate(`Values passed to ${type} must be of type string`)
}
