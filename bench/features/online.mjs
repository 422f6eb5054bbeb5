// Values by key: materialising, and reads over HTTP in Feast's shape, against Feast's own Python feature server on its default online store
// (SQLite), or on Redis where FABRIQUE_BENCH_REDIS names one (127.0.0.1:6379); then ours is on it too. The same requests go to both.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort, median, pythonWith, root, run, start, untilAnswers } from '../support/processes.mjs'

const here = join(root, 'bench', 'features')
const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
export const feastPackages = [
  'feast[redis]==0.67.0',
  'pandas==2.3.3',
  'pyarrow==26.0.1',
  'numpy==2.4.6',
  'dask==2026.8.0',
]
const connections = 32
const seconds = 6
const bounds = { materialize: 10, requests: 10, p99: 0.2 }
const redis = process.env.FABRIQUE_BENCH_REDIS

const feast = (python, ...args) =>
  JSON.parse(
    run(python, [join(here, 'online_feast.py'), ...args.map(String)])
      .trim()
      .split('\n')
      .at(-1),
  )

/** A project with the same two tables, from the same files. */
function writeProject(folder) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'fabrique.config.ts'),
    `import { dataset, defineProject, entity, featureView, integer, number, parquet, timestamp } from 'fabrique'
const user = entity('user', { key: 'user_id' })
const numbers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => ['f' + index, number()]))
const declare = (name: string, count: number) => {
  const source = dataset(name + '_rows', parquet('../' + name + '.parquet'), {
    columns: { user_id: integer(), event_timestamp: timestamp(), ...numbers(count) },
    time: 'event_timestamp',
  })
  const features = Array.from({ length: count }, (_, index) => 'f' + index)
  return { source, view: featureView(name, { from: source, entity: user, ttl: '30d', features, onSnapshot: false }) }
}
const [narrow, wide] = [declare('narrow', 10), declare('wide', 50)]
export default defineProject({
  name: 'bench',
  datasets: [narrow.source, wide.source],
  entities: [user],
  featureViews: [narrow.view, wide.view],
})
`,
  )
  cpSync(join(root, 'node_modules', 'fabrique'), join(folder, 'node_modules', 'fabrique'), {
    verbatimSymlinks: false,
    dereference: false,
    recursive: true,
  })
}

async function post(url, body) {
  const reply = await fetch(url, {
    method: 'POST',
    // Minutes of the peer's work lie between two of them, and a connection that is kept would have ended.
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
  })
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}: ${await reply.text()}`)
  return reply.json()
}

/** Waits for a job of ours; returns its seconds. */
async function ended(url, { id }) {
  for (;;) {
    const job = await (await fetch(`${url}/api/v1/jobs/${id}`)).json()
    if (job.state === 'succeeded') return (new Date(job.ended_at) - new Date(job.started_at)) / 1000
    if (job.state !== 'queued' && job.state !== 'running') throw new Error(`Job ${id}: ${JSON.stringify(job.error)}`)
    await sleep(100)
  }
}

function load(url, { view, features, keys, all }) {
  const lasting = [`-c${connections}`, `-d${seconds}s`, '--timeout', '30s']
  const args = ['-t1', ...lasting, '-s', join(here, 'online.lua'), url, '--']
  const line = run('wrk', [...args, view, String(features), String(keys), String(all)])
    .split('\n')
    .find((text) => text.startsWith('RESULT '))
  return JSON.parse(line.slice('RESULT '.length))
}

/** Prints the rows and gives them. */
export async function benchOnline({ keys = 1_000_000, wideKeys = 20_000, rounds = 3 } = {}) {
  if (spawnSync('wrk', ['-v']).error !== undefined) throw new Error('wrk is missing: apt-get install wrk')
  const python = pythonWith('bench-feast', feastPackages)
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-online-'))
  const env = { ...process.env, FABRIQUE_LOG_FORMAT: 'off', FEAST_USAGE: 'False' }
  // Ours refuses settings that it does not know.
  delete env.FABRIQUE_BENCH_REDIS
  if (redis !== undefined) env.FABRIQUE_ONLINE = `redis://${redis}`
  const running = []
  try {
    feast(python, 'make', folder, keys, wideKeys)
    feast(python, 'apply', folder, redis ?? 'sqlite')
    const project = join(folder, 'project')
    writeProject(project)
    const [ourPort, feastPort] = [await freePort(), await freePort()]
    const [ours, theirs] = [ourPort, feastPort].map((port) => `http://127.0.0.1:${port}`)
    running.push(start(process.execPath, [program, 'up', project, '--port', String(ourPort)], { env, stdio: 'ignore' }))
    // The worker makes the project when it has read its folder.
    await untilAnswers(`${ours}/api/v1/projects/bench/feature-views/wide`)
    for (const name of ['narrow', 'wide']) {
      await ended(ours, await post(`${ours}/api/v1/projects/bench/datasets/${name}_rows/ingest`, {}))
    }
    const rows = [await materializeRow({ python, folder, ours, keys })]
    const reading = join(python, '..', 'feast')
    // By default its worker is replaced after 1,000 requests, which ends connections and costs seconds.
    const lasting = ['--no-access-log', '--max-requests', '0']
    const serve = ['-c', folder, 'serve', '--host', '127.0.0.1', '--port', String(feastPort), ...lasting]
    running.push(start(reading, serve, { env, stdio: 'ignore' }))
    await untilAnswers(`${theirs}/health`, undefined, 120_000)
    for (const asked of [
      { name: '1 key x 10 features', view: 'narrow', features: 10, keys: 1, all: keys },
      { name: '100 keys x 50 features', view: 'wide', features: 50, keys: 100, all: wideKeys },
    ]) {
      rows.push(await readRow({ ours, theirs, asked, rounds }))
    }
    return rows
  } finally {
    await Promise.all(running.map((one) => one.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

async function materializeRow({ python, folder, ours, keys }) {
  const job = (view) => post(`${ours}/api/v1/projects/bench/features/materialize`, { views: [view], full: true })
  const mine = await ended(ours, await job('narrow'))
  const peer = feast(python, 'materialize', folder, 'narrow')
  await ended(ours, await job('wide'))
  feast(python, 'materialize', folder, 'wide')
  const ratio = peer.seconds / mine
  console.log(
    `materialise ${keys} keys x 10 features${redis === undefined ? '' : ' to Redis'}: ${mine.toFixed(1)} s, ` +
      `Feast ${peer.version} ${peer.seconds.toFixed(1)} s; ${ratio.toFixed(1)}x faster (at least ${bounds.materialize}x)`,
  )
  return { name: 'materialise', ours: mine, theirs: peer.seconds, ratio }
}

async function readRow({ ours, theirs, asked, rounds }) {
  const url = (server) => `${server}/get-online-features`
  await refuseDifferent(url(ours), url(theirs), asked)
  for (const server of [ours, theirs]) load(url(server), asked) // Warm-up, not counted.
  const [mine, others] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    mine.push(load(url(ours), asked))
    others.push(load(url(theirs), asked))
  }
  const of = (results, key) => median(results.map((result) => result[key]))
  const ratio = median(mine.map((result, round) => result.requests_per_s / others[round].requests_per_s))
  const p99 = of(mine, 'p99_ms') / of(others, 'p99_ms')
  console.log(
    `read ${asked.name}, ${connections} connections: ${of(mine, 'requests_per_s').toFixed(0)} requests/s, ` +
      `p99 ${of(mine, 'p99_ms').toFixed(2)} ms; Feast ${of(others, 'requests_per_s').toFixed(0)}, ${of(others, 'p99_ms').toFixed(1)} ms`,
  )
  console.log(
    `  ${ratio.toFixed(1)}x requests/s (at least ${bounds.requests}x), p99 ${p99.toFixed(3)} of Feast's (at most ${bounds.p99})`,
  )
  const failed = [...mine, ...others].reduce((sum, result) => sum + result.failed, 0)
  if (failed > 0) throw new Error(`${failed} requests failed`)
  return { name: asked.name, ratio, p99 }
}

/** Both say the same of some keys before they are measured; what is not there is PRESENT without a value in Feast with Redis. */
async function refuseDifferent(ours, theirs, { view, features, all }) {
  const names = Array.from({ length: features }, (_, index) => `${view}:f${index}`)
  const body = { features: names, entities: { user_id: [0, 1, all - 1, all + 5] } }
  const [mine, others] = [await post(ours, body), await post(theirs, body)]
  const found = ({ metadata, results }) =>
    new Map(metadata.feature_names.map((name, place) => [name, results[place].values]))
  const [left, right] = [found(mine), found(others)]
  for (const name of names.map((text) => text.split(':')[1])) {
    if (JSON.stringify(left.get(name)) !== JSON.stringify(right.get(name))) {
      throw new Error(`${name}: ${JSON.stringify(left.get(name))} against ${JSON.stringify(right.get(name))} of Feast`)
    }
  }
}
