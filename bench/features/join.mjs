// A training set: labels with the ten features of a user as they were then, against Feast's get_historical_features on the same Parquet files
// with its default local offline store. Two figures are told. The bound is on the stricter: `fabrique features join` as a whole command, the
// start of Node and the file on the disk included, against the call of Feast and its frame alone, when all is imported and applied. Beside it
// whole against whole: our command against the script that imports Feast, applies the view, makes the call and writes the file. Memory is that
// of whole processes. What Feast needs grows with the labels times the rows of a key: 5,000 users, as in the churn example, are 20 million
// pairs and 6 GB, one thousand would not fit in the memory of the machine.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, pythonWith, root, run } from '../support/processes.mjs'

const here = join(root, 'bench', 'features')
const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
const packages = ['feast==0.67.0', 'pandas==2.3.3', 'pyarrow==26.0.1', 'numpy==2.4.6', 'dask==2026.8.0']
const ratioMin = 50
const memoryRatioMin = 10
const largeSecondsMax = 60
const largeMegabytesMax = 4096

const lastLine = (text) => JSON.parse(text.trim().split('\n').at(-1))

/** Runs our command; the kernel counts what it took. */
function ours(labels, features, out) {
  const args = [
    features,
    '--on',
    'user_id',
    '--time',
    'event_timestamp',
    '--created',
    'created',
    '--out',
    out,
    '--json',
  ]
  const timed = join(tmpdir(), `fabrique-bench-join-${process.pid}`)
  const began = performance.now()
  const command = [process.execPath, program, 'features', 'join', labels, ...args]
  const { status, stdout } = spawnSync('/usr/bin/time', ['-f', '%U %S %M', '-o', timed, ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const seconds = (performance.now() - began) / 1000
  if (status !== 0) throw new Error(`fabrique features join ended with ${status}`)
  const [user, system, kilobytes] = readFileSync(timed, 'utf8').trim().split(' ').map(Number)
  rmSync(timed)
  return { ...JSON.parse(stdout), seconds, cpuSeconds: user + system, rssMb: kilobytes / 1024 }
}

function make(python, folder, { featureRows, labels, keys }) {
  const [features, rows] = ['features.parquet', 'labels.parquet'].map((name) => join(folder, name))
  run(python, [join(here, 'join_feast.py'), 'make', String(featureRows), String(labels), String(keys), features, rows])
  return { features, rows }
}

const of = (results, key) => median(results.map((result) => result[key]))
const peak = (results) => Math.max(...results.map(({ rssMb }) => rssMb))

/** Prints the row and gives it. */
export async function benchJoin({ featureRows = 1_000_000, labels = 100_000, keys = 5_000, rounds = 3 } = {}) {
  if (!existsSync('/usr/bin/time')) throw new Error('/usr/bin/time is needed to measure memory: apt-get install time')
  const python = pythonWith('bench-feast', packages)
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-join-'))
  try {
    const { features, rows } = make(python, folder, { featureRows, labels, keys })
    const [mine, others] = [[], []]
    const [out, theirOut] = ['ours.parquet', 'feast.parquet'].map((name) => join(folder, name))
    for (let round = 0; round < rounds; round += 1) {
      mine.push(ours(rows, features, out))
      const began = performance.now()
      const result = lastLine(run(python, [join(here, 'join_feast.py'), 'join', features, rows, theirOut]))
      others.push({ ...result, whole: (performance.now() - began) / 1000 })
    }
    const compared = lastLine(run(python, [join(here, 'join_feast.py'), 'compare', out, theirOut]))
    if (mine.some((result) => result.rows !== labels)) throw new Error('Rows of the result are not those of the labels')
    // Feast leaves rows without features out, and of two rows of one time it may take the one that was created first.
    if (compared.droppedWithFeatures > 0 || compared.equal < compared.compared * 0.9999) {
      throw new Error(`Fabrique and Feast differ: ${JSON.stringify(compared)}`)
    }
    const row = {
      name: `training set, ${labels} labels x ${featureRows} feature rows of ${keys} users x 10 features`,
      ours: of(mine, 'seconds'),
      theirs: of(others, 'seconds'),
      ratio: median(mine.map(({ seconds }, round) => others[round].seconds / seconds)),
      wholeRatio: median(mine.map(({ seconds }, round) => others[round].whole / seconds)),
      bound: ratioMin,
      cpuRatio: of(others, 'cpuSeconds') / of(mine, 'cpuSeconds'),
      memoryRatio: peak(others) / peak(mine),
    }
    console.log(
      `${row.name}: whole command ${row.ours.toFixed(2)} s (${of(mine, 'cpuSeconds').toFixed(2)} s of CPU, ${peak(mine).toFixed(0)} MB), ` +
        `Feast ${others[0].version} ${row.theirs.toFixed(1)} s for the call alone (${of(others, 'cpuSeconds').toFixed(1)} s of CPU, ${peak(others).toFixed(0)} MB), ` +
        `${of(others, 'whole').toFixed(1)} s for the whole script`,
    )
    console.log(
      `  ${row.ratio.toFixed(1)}x faster, our whole command against the call alone (at least ${ratioMin}x; CPU ${row.cpuRatio.toFixed(1)}x); ` +
        `${row.wholeRatio.toFixed(1)}x whole against whole; ${row.memoryRatio.toFixed(1)}x less memory (at least ${memoryRatioMin}x)`,
    )
    console.log(
      `  ${compared.equal} of ${compared.compared} rows equal; Feast leaves out the ${compared.dropped} rows that have no features`,
    )
    return row
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The same ten times as large, without the peer. */
export async function benchLargeJoin({ featureRows = 10_000_000, labels = 1_000_000, keys = 100_000 } = {}) {
  const python = pythonWith('bench-feast', packages)
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-join-'))
  try {
    const { features, rows } = make(python, folder, { featureRows, labels, keys })
    const result = ours(rows, features, join(folder, 'ours.parquet'))
    const name = `training set, ${labels} labels x ${featureRows} feature rows of ${keys} users x 10 features`
    console.log(
      `${name}: ${result.seconds.toFixed(1)} s (at most ${largeSecondsMax} s; ${result.cpuSeconds.toFixed(1)} s of CPU), ` +
        `${result.rssMb.toFixed(0)} MB (at most ${largeMegabytesMax} MB)`,
    )
    return { name, ...result }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
