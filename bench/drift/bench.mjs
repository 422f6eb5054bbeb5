// Drift of two files: `fabrique drift report` against a script with the DataDriftPreset of Evidently from PyPI on the same Parquet files in the same
// run, both with their start; and how often each alarms where nothing changed.
// `npm run bench -- drift [--rows report,large,page,alarms,vectors] [--rounds 3] [--repetitions 1000] [--small]`
import { runRows } from '../support/run-rows.mjs'

const rows = {
  report: async ({ rounds, small }) => (await import('./reports.mjs')).benchReports({ rounds: Number(rounds), small }),
  large: async () => (await import('./reports.mjs')).benchLarge(),
  page: async () => (await import('./reports.mjs')).benchPage(),
  alarms: async ({ repetitions }) =>
    (await import('./false-alarms.mjs')).falseAlarms({ repetitions: Number(repetitions) }),
  vectors: async ({ repetitions }) =>
    (await import('./vector-alarms.mjs')).vectorAlarms({ repetitions: Math.ceil(Number(repetitions) / 10) }),
}

export function bench(args) {
  return runRows(args, rows, {
    rounds: { type: 'string', default: '3' },
    repetitions: { type: 'string', default: '1000' },
  })
}
