// Drift of two files: `fabrique drift report`, its start and the reading included, against the DataDriftPreset of Evidently from PyPI on the same
// Parquet files in the same run; and how often each alarms where nothing changed.
// `npm run bench -- drift [--rows report,large,page,alarms] [--rounds 3] [--repetitions 1000] [--small]`
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'

const rows = {
  report: async ({ rounds, small }) => (await import('./reports.mjs')).benchReports({ rounds: Number(rounds), small }),
  large: async () => (await import('./reports.mjs')).benchLarge(),
  page: async () => (await import('./reports.mjs')).benchPage(),
  alarms: async ({ repetitions }) =>
    (await import('./false-alarms.mjs')).falseAlarms({ repetitions: Number(repetitions) }),
}

export async function bench(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: Object.keys(rows).join() },
      rounds: { type: 'string', default: '3' },
      repetitions: { type: 'string', default: '1000' },
      small: { type: 'boolean', default: false },
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
