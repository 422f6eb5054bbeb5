// Twenty expectations on one million rows of ten columns, against Great Expectations on pandas, told with and without the time that pandas
// takes to read the file. Fabrique checks them on a snapshot, with the profile that it keeps since the ingest, and on the plain Parquet
// file, of which nothing is known; both have all reading in them, and the first time the start of the engine. Each process checks several
// times: told are the first time and the following ones. All have to come to the same results.
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
  const [file, part, profile] = ['data.parquet', 'part.parquet', 'profile.json'].map((name) => join(folder, name))
  const suite = join(here, 'validate_suite.json')
  const once = (...args) => lastLine(run(process.execPath, [join(here, 'validate-once.mjs'), ...args]))
  try {
    run(python, [join(here, 'validate_gx.py'), 'make', String(rows), file])
    const made = lastLine(run(process.execPath, [join(here, 'make-snapshot.mjs'), file, part, profile]))
    const onSnapshot = []
    const onFile = []
    const theirs = []
    for (let round = 0; round < rounds; round += 1) {
      onSnapshot.push(once(part, suite, profile))
      theirs.push(lastLine(run(python, [join(here, 'validate_gx.py'), 'check', file, suite])))
      onFile.push(once(file, suite))
    }
    for (const ours of [onSnapshot, onFile])
      if (byType(ours[0]) !== byType(theirs[0])) throw new Error('Fabrique and Great Expectations differ in what holds')
    const of = (results, key) => median(results.map((result) => result[key]))
    const peak = (results) => Math.max(...results.map(({ rssMb }) => rssMb))
    const checked = of(theirs, 'seconds')
    const withRead = median(theirs.map(({ read, seconds }) => read + seconds))
    const firstWithRead = median(theirs.map(({ read, first }) => read + first))
    const row = {
      name: `20 expectations on ${rows} rows`,
      ours: of(onSnapshot, 'seconds'),
      onFile: of(onFile, 'seconds'),
      theirs: checked,
      theirsWithRead: withRead,
      ratio: checked / of(onSnapshot, 'seconds'),
      bound: ratioMin,
      profileSeconds: made.seconds,
      oursMb: peak(onSnapshot),
      theirsMb: peak(theirs),
    }
    console.log(
      `${row.name}: Great Expectations ${checked.toFixed(2)} s (${of(theirs, 'cpuSeconds').toFixed(2)} s of CPU), the first time ` +
        `${of(theirs, 'first').toFixed(2)} s; ${withRead.toFixed(2)} s and ${firstWithRead.toFixed(2)} s with the reading of the file ` +
        `(${row.theirsMb.toFixed(0)} MB)`,
    )
    const tell = (where, results) => {
      const [seconds, first] = [of(results, 'seconds'), of(results, 'first')]
      const times = [checked / seconds, withRead / seconds, of(theirs, 'first') / first, firstWithRead / first]
      const [later, laterRead, atFirst, atFirstRead] = times.map((ratio) => `${ratio.toFixed(1)}x`)
      console.log(
        `  Fabrique on ${where}: ${seconds.toFixed(3)} s (${of(results, 'cpuSeconds').toFixed(3)} s of CPU, ` +
          `${peak(results).toFixed(0)} MB): ${later}, ${laterRead} with their reading; ` +
          `the first time ${first.toFixed(3)} s: ${atFirst}, ${atFirstRead}`,
      )
    }
    tell(`a snapshot, with the profile kept since its ingest (at least ${ratioMin}x)`, onSnapshot)
    tell('the plain file, nothing known of it', onFile)
    console.log(`  the profile takes ${made.seconds.toFixed(2)} s once, in the ingest`)
    return row
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
