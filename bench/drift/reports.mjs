// Reports of two Parquet files, from the command to the report: ours against a script that imports Evidently and runs its preset, both whole processes,
// which is what who asks for a report waits for. Below it stand the stricter ratio, ours with its start against reading and run alone, and both without.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, pythonWith, root, run } from '../support/processes.mjs'

const script = join(root, 'bench', 'drift', 'drift_evidently.py')
const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
const packages = ['evidently==0.7.21', 'pandas==2.3.3', 'scipy==1.17.1', 'numpy==2.4.6', 'pyarrow==26.0.1']
const sizes = [
  { rows: 10_000, ratioMin: 30 },
  { rows: 1_000_000, ratioMin: 25, memoryMin: 5 },
]
const large = { rows: 10_000_000, secondsMax: 120, megabytesMax: 4096 }
const page = { columns: 65, rows: 150_000, bytesMax: 400_000 }

const python = () => pythonWith('bench-drift', packages)
const lastLine = (text) => JSON.parse(text.trim().split('\n').at(-1))

/** Seconds of a first report in a process of ours, what was loaded before left out. */
const oursLoaded = (reference, current) =>
  lastLine(run(process.execPath, [join(root, 'bench', 'drift', 'report-once.mjs'), reference, current])).runSeconds

/** Runs our command; the kernel counts what it took. Status 1 says that something drifts, as it does here. */
function ours(reference, current, more = []) {
  const timed = join(tmpdir(), `fabrique-bench-drift-${process.pid}`)
  const args = ['drift', 'report', '--reference', reference, '--current', current, '--json', ...more]
  const began = performance.now()
  const command = ['-f', '%U %S %M', '-q', '-o', timed, process.execPath, program, ...args]
  const { status, stdout } = spawnSync('/usr/bin/time', command, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1e9,
  })
  const seconds = (performance.now() - began) / 1000
  if (status !== 1) throw new Error(`fabrique drift report ended with ${status}`)
  const [user, system, kilobytes] = readFileSync(timed, 'utf8').trim().split('\n').at(-1).split(' ').map(Number)
  rmSync(timed)
  return { ...JSON.parse(stdout), seconds, cpuSeconds: user + system, rssMb: kilobytes / 1024 }
}

async function withFiles({ rows, columns }, work) {
  if (!existsSync('/usr/bin/time')) throw new Error('/usr/bin/time is needed to measure memory: apt-get install time')
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-drift-'))
  try {
    const [reference, current] = ['reference.parquet', 'current.parquet'].map((name) => join(folder, name))
    run(python(), [script, 'make', String(rows), String(columns), reference, current])
    return await work(reference, current, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const of = (results, key) => median(results.map((result) => result[key]))

/** The same scores, or the ratio says nothing. */
function assertSame(mine, theirs) {
  const different = mine.columns.filter(({ name, score }) => {
    const other = theirs.scores[name]
    return typeof other === 'number' && Math.abs(other - score) > 1e-7 * Math.max(1e-9, Math.abs(other))
  })
  if (different.length > 0)
    throw new Error(
      `Scores differ: ${JSON.stringify(different.map(({ name, score }) => [name, score, theirs.scores[name]]))}`,
    )
}

export async function benchReports({ rounds = 3, small = false } = {}) {
  for (const { rows, ratioMin, memoryMin } of small ? sizes.slice(0, 1) : sizes) {
    await withFiles({ rows, columns: 20 }, (reference, current) => {
      const [mine, theirs, loaded] = [[], [], []]
      for (let round = 0; round < rounds; round += 1) {
        mine.push(ours(reference, current))
        theirs.push(lastLine(run(python(), [script, 'report', reference, current])))
        loaded.push(oursLoaded(reference, current))
      }
      assertSame(mine[0], theirs[0])
      const peer = median(theirs.map(({ readSeconds, runSeconds }) => readSeconds + runSeconds))
      const whole = peer + of(theirs, 'importSeconds')
      const memory = of(theirs, 'rssMb') / of(mine, 'rssMb')
      const ratio = whole / of(mine, 'seconds')
      console.log(
        `report, ${rows} + ${rows} rows x 20 columns: ${of(mine, 'seconds').toFixed(2)} s (${of(mine, 'cpuSeconds').toFixed(2)} s of CPU, ${of(mine, 'rssMb').toFixed(0)} MB), ` +
          `Evidently ${theirs[0].version} ${whole.toFixed(1)} s (${of(theirs, 'cpuSeconds').toFixed(1)} s of CPU, ${of(theirs, 'rssMb').toFixed(0)} MB; ${of(theirs, 'importSeconds').toFixed(1)} s of it import)`,
      )
      const met = ratio >= ratioMin && (memoryMin === undefined || memory >= memoryMin)
      const bound = `at least ${ratioMin}x${memoryMin === undefined ? '' : `, a ${memoryMin}th of the memory`}`
      console.log(
        `  ${ratio.toFixed(1)}x faster, ${memory.toFixed(1)}x less memory (${bound}: ${met ? 'met' : 'NOT MET'})`,
      )
      console.log(
        `  ours with its start against theirs without ${(peer / of(mine, 'seconds')).toFixed(1)}x, both without ${(peer / median(loaded)).toFixed(1)}x (${median(loaded).toFixed(2)} s), ` +
          `by CPU ${(of(theirs, 'cpuSeconds') / of(mine, 'cpuSeconds')).toFixed(1)}x`,
      )
    })
  }
}

export async function benchLarge({ rows = large.rows } = {}) {
  await withFiles({ rows, columns: 20 }, (reference, current) => {
    const { seconds, cpuSeconds, rssMb } = ours(reference, current)
    const met = seconds <= large.secondsMax && rssMb <= large.megabytesMax
    console.log(
      `report, ${rows} + ${rows} rows x 20 columns: ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU), ${rssMb.toFixed(0)} MB ` +
        `(at most ${large.secondsMax} s and ${large.megabytesMax} MB: ${met ? 'met' : 'NOT MET'})`,
    )
  })
}

export async function benchPage() {
  await withFiles(page, (reference, current, folder) => {
    const file = join(folder, 'report.html')
    ours(reference, current, ['--html', file])
    const { size } = statSync(file)
    console.log(
      `page of ${page.columns} columns: ${size} bytes (under ${page.bytesMax}: ${size < page.bytesMax ? 'met' : 'NOT MET'})`,
    )
  })
}
