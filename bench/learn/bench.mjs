// Learning: packages/ml against the newest scikit-learn from PyPI, on the same data with all cores, in the same run.
// `npm run bench -- learn [--rows forest,boosting,logistic,text] [--small]`; `--small` uses a hundredth of the data, to see that everything works.
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'

const rows = {
  forest: async (options) => (await import('./forest.mjs')).forest(options),
  boosting: async (options) => (await import('./boosting.mjs')).boosting(options),
  logistic: async (options) => (await import('./logistic.mjs')).logistic(options),
  text: async (options) => (await import('./text.mjs')).text(options),
}

export async function bench(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: Object.keys(rows).join() },
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
  for (const name of chosen) await rows[name]({ small: values.small })
}
