// Twenty expectations on one million rows of ten columns in Parquet: Fabrique, with the reading of the file, against Great Expectations
// on pandas, without it. Both have to come to the same results.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, pythonWith, root, run } from '../support/processes.mjs'

const here = join(root, 'bench', 'data')
export const packages = [
  'great_expectations==1.24.1',
  'pandas==3.1.1',
  'pyarrow==26.0.1',
  'numpy==2.4.6',
  'scipy==1.17.1',
]
const rounds = 3
const ratioMin = 20

const lastLine = (text) => JSON.parse(text.trim().split('\n').at(-1))
const byType = ({ success }) => JSON.stringify(success.map((one) => JSON.stringify(one)).sort())

/** Prints the table and gives its row. `rows` is the size of the table. */
export async function benchValidate({ rows = 1_000_000 } = {}) {
  const python = pythonWith('bench-gx', packages)
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-validate-'))
  const file = join(folder, 'data.parquet')
  const suite = join(here, 'validate_suite.json')
  try {
    run(python, [join(here, 'validate_gx.py'), 'make', String(rows), file])
    const ours = []
    const theirs = []
    for (let round = 0; round < rounds; round += 1) {
      ours.push(lastLine(run(process.execPath, [join(here, 'validate-once.mjs'), file, suite])))
      theirs.push(lastLine(run(python, [join(here, 'validate_gx.py'), 'check', file, suite])))
    }
    if (byType(ours[0]) !== byType(theirs[0])) throw new Error('Fabrique and Great Expectations differ in what holds')
    const of = (results, key) => median(results.map((result) => result[key]))
    const row = {
      name: `20 expectations on ${rows} rows`,
      ours: of(ours, 'seconds'),
      theirs: of(theirs, 'seconds'),
      ratio: of(theirs, 'seconds') / of(ours, 'seconds'),
      bound: ratioMin,
      oursMb: Math.max(...ours.map(({ rssMb }) => rssMb)),
      theirsMb: Math.max(...theirs.map(({ rssMb }) => rssMb)),
    }
    console.log(
      `${row.name}: Fabrique ${row.ours.toFixed(3)} s (${row.oursMb.toFixed(0)} MB), Great Expectations ${row.theirs.toFixed(2)} s ` +
        `(${row.theirsMb.toFixed(0)} MB, reading apart): ${row.ratio.toFixed(1)}x (at least ${ratioMin}x)`,
    )
    return row
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
