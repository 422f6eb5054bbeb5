// Data: Fabrique against pandas, Great Expectations and DVC from PyPI, in the same run.
// `npm run bench -- data [--rows ingest,validate,files] [--small]`; `--small` uses a hundredth of the data, to see that everything works.
import { runRows } from '../support/run-rows.mjs'
import { files } from './files.mjs'
import { benchIngest } from './ingest.mjs'
import { benchValidate } from './validate.mjs'

const rows = {
  ingest: ({ small }) => benchIngest(small ? { small: 10_000, large: 100_000 } : {}),
  validate: ({ small }) => benchValidate(small ? { rows: 10_000 } : {}),
  files: ({ small }) => files(small ? ['--small'] : []),
}

export function bench(args) {
  return runRows(args, rows)
}
