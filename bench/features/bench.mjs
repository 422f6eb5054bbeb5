// Features: Fabrique against Feast from PyPI with its default local stores, in the same run.
// `npm run bench -- features [--rows join,online] [--rounds 3] [--small]`; `--small` uses a hundredth of the data, to see that everything works.
import { runRows } from '../support/run-rows.mjs'
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

export function bench(args) {
  return runRows(args, rows, { rounds: { type: 'string', default: '3' } })
}
