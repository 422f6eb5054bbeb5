// Learning: packages/ml against the newest scikit-learn from PyPI, on the same data with all cores, in the same run.
// `npm run bench -- learn [--rows forest,boosting,logistic,text] [--small]`; `--small` uses a hundredth of the data, to see that everything works.
import { runRows } from '../support/run-rows.mjs'

const rows = {
  forest: async (options) => (await import('./forest.mjs')).forest(options),
  boosting: async (options) => (await import('./boosting.mjs')).boosting(options),
  logistic: async (options) => (await import('./logistic.mjs')).logistic(options),
  text: async (options) => (await import('./text.mjs')).text(options),
}

export function bench(args) {
  return runRows(args, rows)
}
