import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'

/**
 * Measures the chosen rows of a benchmark, one after another, each with the values of all options. `--rows` names them, `--small` takes
 * less of everything; a row that does not exist is wrong use.
 * @param rows name to function
 * @param more further options, as `parseArgs` takes them
 */
export async function runRows(args, rows, more = {}) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: Object.keys(rows).join() },
      small: { type: 'boolean', default: false },
      ...more,
    },
  })
  const chosen = values.rows.split(',')
  const unknown = chosen.filter((name) => !(name in rows))
  if (unknown.length > 0) {
    console.error(`No row ${unknown.join(', ')}. The rows are: ${Object.keys(rows).join(', ')}`)
    process.exitCode = 2
    return
  }
  console.log(`${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB`)
  for (const name of chosen) await rows[name](values)
}
