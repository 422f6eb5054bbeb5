import { evenlyTaken, sqlName } from '../../../platform/duckdb/index.js'

/** A name that no column of people has. */
const place = sqlName('fabrique place of the row')

/** What stands after `from` for a table of which no more than so many rows are read: at even distances, always the same ones. */
export function evenRows(
  table: string,
  { rows, rowsMax }: { readonly rows: number; readonly rowsMax: number },
): string {
  if (rows <= rowsMax) return table
  return `(select * exclude (${place}) from (select *, row_number() over () as ${place} from ${table})
    where ${evenlyTaken(place, rows, rowsMax)})`
}
