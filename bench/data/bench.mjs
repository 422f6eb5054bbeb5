// Data: Fabrique against pandas, Great Expectations and DVC from PyPI, in the same run.
// `npm run bench -- data [--rows ingest,validate,files] [--small]`; `--small` uses a hundredth of the data, to see that everything works.
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { files } from './files.mjs'
import { benchIngest } from './ingest.mjs'
import { benchValidate } from './validate.mjs'

const rows = {
  ingest: (small) => benchIngest(small ? { small: 10_000, large: 100_000 } : {}),
  validate: (small) => benchValidate(small ? { rows: 10_000 } : {}),
  files: (small) => files(small ? ['--small'] : []),
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
  for (const name of chosen) await rows[name](values.small)
}
