// A CSV file of ten columns from the source to a checked snapshot: typed ingest, profile and 20 expectations, as a user sees it, through a
// running worker, two commands with their own start included; against pandas and Great Expectations, which only read the file and check it,
// their start not included. Each round takes a content that was not there before.
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyOfIris, freePort, median, pythonWith, root, run, start, untilAnswers } from '../support/processes.mjs'
import { packages } from './validate.mjs'

const here = join(root, 'bench', 'data')
const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
const ratioMin = 10
const growthMax = 12
const megabytesMax = { small: 1000, large: 2000 }

const lastLine = (text) => JSON.parse(text.trim().split('\n').at(-1))

/** A project with the table as its only data set. */
function makeProject(csv) {
  const folder = copyOfIris()
  const { expectations } = JSON.parse(readFileSync(join(here, 'validate_suite.json'), 'utf8'))
  const checks = expectations.map(
    ({ type, kwargs }) => `expect.custom(${JSON.stringify(type)}, ${JSON.stringify(kwargs)})`,
  )
  writeFileSync(
    join(folder, 'fabrique.config.ts'),
    `import { csv, dataset, defineProject, expect, integer, number, text, timestamp } from 'fabrique'
const orders = dataset('orders', csv(${JSON.stringify(csv)}), {
  columns: {
    id: integer(), user: integer(), day: timestamp(), price: number({ min: 0, max: 1000 }), quantity: integer(),
    country: text(), status: text(), email: text(), score: number({ nullable: true }), total: number(),
  },
  key: ['id'],
  expect: [${checks.join(', ')}],
})
export default defineProject({ name: 'bench', datasets: [orders], models: [] })
`,
  )
  return folder
}

/** Highest memory that any process below this one has had, in megabytes. */
function peakBelow(pid) {
  const parents = new Map()
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {}
  }
  const below = new Set([pid])
  for (let size = 0; size !== below.size; ) {
    size = below.size
    for (const [child, parent] of parents) if (below.has(parent)) below.add(child)
  }
  const peaks = [...below].map((id) => {
    try {
      return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024
    } catch {
      return 0
    }
  })
  return Math.max(...peaks)
}

function timed(args, env) {
  const began = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env })
  if (status !== 0 && status !== 1)
    throw new Error(`fabrique ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`)
  return { seconds: (performance.now() - began) / 1000, stdout }
}

/** Another content for the next round: a snapshot that is there already would bring its profile and its results with it. */
function changeFile(csv) {
  const handle = openSync(csv, 'r+')
  try {
    const head = Buffer.alloc(64 * 1024)
    readSync(handle, head, 0, head.length, 0)
    // The mail address of the first row is that of another user.
    const at = head.indexOf('@mail', head.indexOf('\n')) - 1
    writeSync(handle, Buffer.from([head[at] === 0x39 ? 0x30 : head[at] + 1]), 0, 1, at)
  } finally {
    closeSync(handle)
  }
}

/** Seconds from the command to the checked snapshot, and the peak of memory; each round has a content of its own. */
async function ours(csv, rounds) {
  const project = makeProject(csv)
  const port = await freePort()
  const env = { ...process.env, FABRIQUE_LOG_FORMAT: 'off' }
  const server = start(process.execPath, [program, 'up', project, '--port', String(port)], { env, stdio: 'ignore' })
  const url = ['--url', `http://127.0.0.1:${port}`, '--json']
  try {
    await untilAnswers(`http://127.0.0.1:${port}/api/v1/projects/bench/datasets`)
    const seconds = []
    const shares = []
    const seen = new Set()
    let rows = 0
    for (let round = 0; round < rounds; round += 1) {
      if (round > 0) changeFile(csv)
      const ingest = timed(['data', 'ingest', 'bench', 'orders', '--full', ...url], env)
      const check = timed(['data', 'check', 'bench/orders@latest', ...url], env)
      seconds.push(ingest.seconds + check.seconds)
      const reply = await fetch(`http://127.0.0.1:${port}/api/v1/projects/bench/datasets/orders`)
      const { latest_snapshot: snapshot } = await reply.json()
      rows = snapshot.row_count
      const profile = await fetch(`http://127.0.0.1:${port}/api/v1/snapshots/${snapshot.id}/profile`)
      if ((await profile.json()).row_count !== rows) throw new Error('The profile is not that of the snapshot')
      if (seen.has(snapshot.id)) throw new Error('A round found the snapshot of one before')
      seen.add(snapshot.id)
      shares.push(ingest.seconds / (ingest.seconds + check.seconds))
    }
    return { seconds: median(seconds), ingestShare: median(shares), rows, peakMb: peakBelow(server.pid) }
  } finally {
    await server.stop('SIGINT')
    rmSync(project, { recursive: true, force: true })
  }
}

/** Prints the rows of the table and gives them. */
export async function benchIngest({ small = 1_000_000, large = 10_000_000, rounds = 3 } = {}) {
  const python = pythonWith('bench-gx', packages)
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-ingest-'))
  const gx = (...args) => lastLine(run(python, [join(here, 'validate_gx.py'), ...args]))
  try {
    const [file, longFile] = [join(folder, 'orders.csv'), join(folder, 'orders-long.csv')]
    gx('make', String(small), file)
    const mine = await ours(file, rounds)
    if (mine.rows !== small) throw new Error(`${mine.rows} rows of ${small} arrived`)
    const theirs = []
    for (let round = 0; round < rounds; round += 1) theirs.push(gx('check', file, join(here, 'validate_suite.json')))
    const other = median(theirs.map(({ read, first }) => read + first))
    console.log(
      `ingest, profile and 20 expectations, ${small} rows of CSV: Fabrique ${mine.seconds.toFixed(2)} s (${Math.round(mine.ingestShare * 100)} % ingest; ${mine.peakMb.toFixed(0)} MB), ` +
        `pandas and Great Expectations ${other.toFixed(2)} s (${Math.max(...theirs.map(({ rssMb }) => rssMb)).toFixed(0)} MB): ` +
        `${(other / mine.seconds).toFixed(1)}x (at least ${ratioMin}x, under ${megabytesMax.small} MB)`,
    )
    gx('make', String(large), longFile)
    const long = await ours(longFile, 1)
    if (long.rows !== large) throw new Error(`${long.rows} rows of ${large} arrived`)
    const growth = long.seconds / mine.seconds
    console.log(
      `the same, ${large} rows: Fabrique ${long.seconds.toFixed(1)} s (${long.peakMb.toFixed(0)} MB), ` +
        `${growth.toFixed(1)} times as long (at most ${growthMax}, under ${megabytesMax.large} MB)`,
    )
    return { mine, other, long, growth }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
