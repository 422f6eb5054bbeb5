// Features: Fabrique against Feast from PyPI with its default local stores, in the same run.
// `npm run bench -- features [--rows join,online] [--rounds 3] [--small]`; `--small` uses a hundredth of the data, to see that everything works.
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { benchJoin, benchLargeJoin } from './join.mjs'
import { benchOnline } from './online.mjs'

const rows = {
  join: async ({ small, rounds }) => {
    await benchJoin({ rounds: Number(rounds), ...(small ? { featureRows: 10_000, labels: 1_000, keys: 50 } : {}) })
    await benchLargeJoin(small ? { featureRows: 100_000, labels: 10_000, keys: 500 } : {})
  },
  online: ({ small, rounds }) =>
    benchOnline({ rounds: Number(rounds), ...(small ? { keys: 10_000, wideKeys: 1_000 } : {}) }),
}

export async function bench(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: Object.keys(rows).join() },
      rounds: { type: 'string', default: '3' },
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
