// The rows of the table. Each measures the servers in turn, so that all of them see the same machine, and gives lines of
// the report: `{ what, unit, values: { Fabrique, 'MLflow, SQLite', … }, better, ratio, limit }`.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { median, memoryOf, root, run } from '../support/processes.mjs'
import { inTurns } from '../support/report.mjs'
import { call, countHistory, mlflow, newExperiment, newRuns, readHistory, timed, wrk } from './load.mjs'

const folder = join(root, 'bench', 'tracking')
const runSql = join(root, 'bench', 'support', 'run_sql.py')
const clients = 20

const unique = (name) => `bench-${name}-${randomUUID()}`

/** Writers, each with a run of its own. What was acknowledged has to be there afterwards. */
async function write(server, script, path, seconds, count, first, pointsOfRequest, key) {
  const experiment = await newExperiment(server.url, unique('writers'))
  const runs = await newRuns(server.url, experiment, count)
  const result = await wrk(script, mlflow(server.url, path), seconds, [...first, ...runs], count)
  const acknowledged = (result.requests - result.failed) * pointsOfRequest
  let kept = 0
  for (const id of runs) kept += await countHistory(server.url, id, key)
  if (kept < acknowledged) {
    throw new Error(`${server.name} acknowledged ${acknowledged} points of ${key} and kept ${kept}`)
  }
  if (result.failed > 0) console.log(`  ${server.name}: ${result.failed} of ${result.requests} requests failed`)
  // A server that answered nothing within the time has no quantile: its requests took at least so long.
  const p99 = result.requests === 0 ? seconds * 1000 : result.p99_ms
  return { rate: (result.requests - result.failed) / result.seconds, p99 }
}

/** Wakes all workers of a server: the first request of each opens its store, which takes seconds. */
export async function warmUp(server) {
  const experiment = await newExperiment(server.url, unique('warm'))
  const body = { experiment_ids: [experiment], max_results: 1 }
  for (let turn = 0; turn < 4; turn += 1) {
    // As many at once as in the rows: more are refused by a server that has run out of connections to its database.
    await Promise.all(Array.from({ length: clients }, () => call('POST', mlflow(server.url, 'runs/search'), body)))
  }
  const runs = await newRuns(server.url, experiment, clients)
  await wrk('log_metric.lua', mlflow(server.url, 'runs/log-metric'), 5, runs, clients)
}

async function logMetric({ servers, rounds, seconds }) {
  const values = await inTurns(servers, rounds, (server) =>
    write(server, 'log_metric.lua', 'runs/log-metric', seconds, clients, [], 1, 'loss'),
  )
  return [
    { what: `log-metric, ${clients} clients`, unit: 'requests/s', values: values('rate'), better: 'more', ratio: 20 },
    { what: 'the same, p99', unit: 'ms', values: values('p99'), better: 'less', ratio: 10 },
  ]
}

async function logBatch({ servers, rounds, seconds }) {
  const lines = []
  for (const [count, ratio] of [
    [1, 20],
    [clients, 30],
  ]) {
    const values = await inTurns(servers, rounds, async (server) => {
      const result = await write(server, 'log_batch.lua', 'runs/log-batch', seconds, count, ['1'], 100, 'm0')
      return { points: result.rate * 1000 }
    })
    const who = count === 1 ? 'one client' : `${count} clients`
    lines.push({ what: `log-batch of 1000, ${who}`, unit: 'points/s', values: values('points'), better: 'more', ratio })
  }
  return lines
}

async function history({ servers, rounds }) {
  const wanted = 30_000
  const runs = new Map()
  for (const server of servers) {
    const [id] = await newRuns(server.url, await newExperiment(server.url, unique('history')), 1)
    for (let start = 0; start < wanted; start += 1000) {
      const metrics = Array.from({ length: 1000 }, (_, index) => {
        const step = start + index
        return { key: 'loss', value: 1 / (step + 1), timestamp: 1_700_000_000_000 + step, step }
      })
      await call('POST', mlflow(server.url, 'runs/log-batch'), { run_id: id, metrics })
    }
    const count = await countHistory(server.url, id, 'loss')
    if (count !== wanted) throw new Error(`${server.name} has ${count} points of ${wanted}`)
    runs.set(server.name, id)
  }
  const values = await inTurns(servers, rounds, async (server) => ({
    ms: await timed(3, () => readHistory(server.url, runs.get(server.name), 'loss')),
  }))
  return [{ what: `history of ${wanted} points`, unit: 'ms', values: values('ms'), better: 'less', ratio: 30 }]
}

/** The experiment with the seeded runs on each server, made when the first row needs it. */
async function seeded(context) {
  if (context.seeded !== undefined) return context.seeded
  const { python, runs } = context
  const found = new Map()
  for (const server of context.servers) {
    const experiment = await newExperiment(server.url, unique('runs'))
    const began = performance.now()
    if (server.database === undefined)
      run(python, [join(folder, 'seed_mlflow.py'), server.uri, experiment, String(runs)])
    else seedFabrique(context, server, experiment, { first: 0, count: runs, values: 20 })
    await noticeClosed()
    await checkSeeded(server, experiment, runs)
    console.log(`  ${server.name}: ${runs} runs in ${((performance.now() - began) / 1000).toFixed(0)} s`)
    found.set(server.name, experiment)
  }
  context.seeded = found
  return found
}

/**
 * Seeding keeps this process from everything else, for minutes where there is much of it. Servers close connections that are
 * idle for so long; that is noticed before the next request takes one of them.
 */
const noticeClosed = () => sleep(200)

function seedFabrique({ python }, server, experiment, { first, count, values: each, isLast = true }) {
  const values = [
    `experiment=${experiment}`,
    `first=${first}`,
    `count=${count}`,
    `values=${each}`,
    ...(isLast ? ['vacuum=1'] : []),
  ]
  run(python, [runSql, server.database, join(folder, 'seed_fabrique.sql'), ...values])
}

/** Some of the seeded runs, read back by the API. */
async function checkSeeded(server, experiment, count) {
  for (const number of [0, Math.floor(count / 3), count - 1]) {
    const filter = `attributes.run_name = 'run-${number}'`
    const reply = await call('POST', mlflow(server.url, 'runs/search'), {
      experiment_ids: [experiment],
      filter,
      max_results: 5,
    })
    const { data } = reply.json().runs[0]
    const value = data.metrics.find(({ key }) => key === 'm3')?.value
    const expected = ((number * 7919 + 3 * 104_729) % 1_000_003) / 1_000_003
    const parts = [data.params.length, data.metrics.length, data.tags.length].join(' ')
    if (Math.abs(value - expected) > 1e-12 || parts !== '20 20 10') {
      throw new Error(`${server.name}: run-${number} has m3 = ${value} instead of ${expected}, and ${parts} values`)
    }
  }
}

const ordered = (experiment, metric) => ({
  experiment_ids: [experiment],
  max_results: 100,
  order_by: [`metrics.${metric} DESC`],
})

async function search(context) {
  const { servers, rounds, runs } = context
  const found = await seeded(context)
  const names = new Map()
  const values = await inTurns(servers, rounds, async (server, round) => {
    const body = ordered(found.get(server.name), `m${round % 20}`)
    const url = mlflow(server.url, 'runs/search')
    if (round === 0) {
      const reply = (await call('POST', url, body)).json()
      names.set(server.name, reply.runs.map(({ info }) => info.run_name).join())
    }
    return { ms: await timed(server.database === undefined ? 1 : 15, () => call('POST', url, body)) }
  })
  if (new Set(names.values()).size !== 1) throw new Error('The servers give different runs for the same search')
  const what = `100 of ${runs} runs ordered by a metric`
  return [{ what, unit: 'ms', values: values('ms'), better: 'less', ratio: 100, limit: 60 }]
}

async function pages(context) {
  const { servers, rounds, runs, python } = context
  const found = await seeded(context)
  const measure = async (server) => {
    const out = JSON.parse(run(python, [join(folder, 'page_runs.py'), server.url, found.get(server.name)]))
    if (out.runs !== runs) throw new Error(`${server.name} gave ${out.runs} of ${runs} runs`)
    return { seconds: out.seconds, client: out.client_seconds, rest: out.seconds - out.client_seconds }
  }
  // A peer takes most of a minute: once has to do.
  const [own, others] = [servers.slice(0, 1), servers.slice(1)]
  const [first, second] = [await inTurns(own, rounds, measure), await inTurns(others, 1, measure)]
  const values = (field) => ({ ...first(field), ...second(field) })
  const what = `all ${runs} runs in pages, Python client`
  return [
    { what, unit: 's', values: values('seconds'), better: 'less', ratio: 15 },
    // The client turns JSON into its own objects for half a millisecond a run, whoever answers: a floor under the line above.
    { what: 'of it, the client itself computes', unit: 's', values: values('client') },
    { what: 'of it, the client waits for the server', unit: 's', values: values('rest'), better: 'less', ratio: 15 },
  ]
}

async function million(context) {
  const { ours, millionRuns, rounds } = context
  const experiment = await newExperiment(ours.url, unique('million'))
  const block = 100_000
  const began = performance.now()
  for (let first = 0; first < millionRuns; first += block) {
    // Other runs than those of the rows before: their ids are made from their numbers. Four values of each kind: fifteen
    // million rows, where the runs of the rows before would take seventy.
    const count = Math.min(block, millionRuns - first)
    seedFabrique(context, ours, experiment, {
      first: 10_000_000 + first,
      count,
      values: 4,
      isLast: first + count >= millionRuns,
    })
  }
  await noticeClosed()
  console.log(`  ${millionRuns} runs in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  const url = mlflow(ours.url, 'runs/search')
  const reply = (await call('POST', url, ordered(experiment, 'm0'))).json()
  if (reply.runs.length !== 100) throw new Error(`${reply.runs.length} runs instead of 100`)
  const values = await inTurns([ours], rounds, async (_, round) => ({
    ms: await timed(10, () => call('POST', url, ordered(experiment, `m${round % 4}`))),
  }))
  return [{ what: `100 of ${millionRuns} runs ordered by a metric`, unit: 'ms', values: values('ms'), limit: 300 }]
}

async function memory({ servers, ours }) {
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  const process = { Fabrique: memoryOf(ours.pid).rows.find(({ id }) => id === ours.pid).pssMb }
  const all = Object.fromEntries(
    servers.map((server) => [
      server.name,
      memoryOf(server.pid, server.postgres === undefined ? [] : [server.postgres.pid]).pssMb,
    ]),
  )
  return [
    { what: 'idle, the server process', unit: 'MB', values: process, limit: 150 },
    { what: 'idle, all processes and their database', unit: 'MB', values: all, better: 'less', limit: 300 },
  ]
}

/** The rate of appending to a run that has a long history, against that to one with a short one, in turns. */
async function growth({ ours, python, rounds, seconds, longHistory }) {
  const experiment = await newExperiment(ours.url, unique('growth'))
  const sizes = [10_000, longHistory]
  const runs = await newRuns(ours.url, experiment, sizes.length)
  const began = performance.now()
  for (const [index, id] of runs.entries()) {
    const values = [`run=${id}`, `experiment=${experiment}`, `count=${sizes[index] / 10}`, 'vacuum=1']
    run(python, [runSql, ours.database, join(folder, 'seed_points.sql'), ...values])
  }
  await noticeClosed()
  console.log(`  ${longHistory} points in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  // Steps that come after all that are there: a hundred for each batch.
  const batches = [sizes[0] / 1000, longHistory / 1000]
  const rates = [[], []]
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, id] of runs.entries()) {
      const result = await wrk(
        'log_batch.lua',
        mlflow(ours.url, 'runs/log-batch'),
        seconds,
        [String(batches[index] + 1), id],
        1,
      )
      if (result.failed > 0) throw new Error(`${result.failed} requests failed`)
      batches[index] += result.requests + 10
      // The first round warms up.
      if (round > 0) rates[index].push((result.requests * 1000) / result.seconds)
    }
  }
  const values = { Fabrique: median(rates[1]) }
  const share = median(rates[1].map((rate, index) => rate / rates[0][index]))
  return [
    { what: `appending to ${sizes[0]} points`, unit: 'points/s', values: { Fabrique: median(rates[0]) } },
    { what: `appending to ${longHistory} points`, unit: 'points/s', values, share, shareAtLeast: 0.8 },
  ]
}

/** In this order: memory before anything was asked of the servers, the million last. */
export const rows = {
  memory: { measure: memory, peers: true },
  'log-metric': { measure: logMetric, peers: true },
  'log-batch': { measure: logBatch, peers: true },
  history: { measure: history, peers: true },
  search: { measure: search, peers: true },
  pages: { measure: pages, peers: true },
  growth: { measure: growth, peers: false },
  million: { measure: million, peers: false },
}
