// The rows of the table. Each measures the servers in turn, so that all of them see the same machine, and gives lines of the report.
import { setTimeout as sleep } from 'node:timers/promises'
import { median } from '../support/processes.mjs'
import { inTurns } from '../support/report.mjs'

const stepCount = 40
const stepMs = 10

/** Of servers that nobody has used yet, with their workers, and the database of ours, which a peer uses without being counted for it. */
async function memory({ servers }) {
  await sleep(10_000)
  const all = servers.map((server) => [server.name, server.memory()])
  for (const [name, { rows }] of all) {
    for (const { command, pssMb } of rows) console.log(`  ${name}: ${pssMb.toFixed(0)} MB ${command}`)
  }
  const values = Object.fromEntries(all.map(([name, { pssMb }]) => [name, pssMb]))
  return [
    { what: 'at rest, server and worker, of ours the database too', unit: 'MB', values, better: 'less', ratio: 3 },
  ]
}

async function steps({ servers, rounds }) {
  const measure = (way) => async (server) => {
    const { ms, busy, recorded } = await way(server)(stepCount, stepMs)
    return { each: (ms - busy) / stepCount, recorded }
  }
  const values = await inTurns(
    servers,
    rounds,
    measure((server) => server.steps),
  )
  const kept = await inTurns(
    servers,
    rounds,
    measure((server) => server.stepsKept ?? server.steps),
  )
  const what = `${stepCount} steps of ${stepMs} ms in a row`
  return [
    { what: `${what}, overhead of each`, unit: 'ms', values: values('each'), better: 'less', ratio: 10, limit: 6 },
    { what: 'the same, peer keeps results too', unit: 'ms', values: kept('each'), better: 'less' },
    { what: `${what}, until all are on record`, unit: 's', values: values('recorded'), better: 'less' },
  ]
}

async function map({ servers, rounds, items }) {
  const values = await inTurns(servers, rounds, (server) => server.map(items))
  const what = `map over ${items} items`
  return [
    {
      what: `${what}, until the flow has the results`,
      unit: 's',
      values: values('seconds'),
      better: 'less',
      ratio: 20,
    },
    { what: `${what}, until all are on record`, unit: 's', values: values('recorded'), better: 'less' },
  ]
}

async function starts({ servers, starts: times }) {
  // Which database it has is nothing to a peer that polls: one of them is enough, and it takes minutes.
  const ways = servers
    .slice(0, 2)
    .flatMap((server) => [
      { server, served: false },
      ...(server.firstServed === undefined ? [] : [{ server, served: true }]),
    ])
  const found = ways.map(() => [])
  for (let round = 0; round <= times; round += 1) {
    for (const [index, { server, served }] of ways.entries()) {
      // At any moment between two polls: parts of ten seconds that are spread evenly.
      await sleep(10_000 * ((round * 0.618) % 1))
      const ms = await (served ? server.firstServed() : server.first())
      // The first round warms up.
      if (round > 0) found[index].push(ms)
    }
  }
  for (const [index, { server, served }] of ways.entries()) {
    console.log(
      `  ${server.name}${served ? ', served' : ''}, ms: ${found[index].map((ms) => ms.toFixed(0)).join(', ')}`,
    )
  }
  const valuesOf = (isServed, of) =>
    Object.fromEntries(
      ways.flatMap(({ server, served }, index) =>
        served === isServed || server.firstServed === undefined ? [[server.name, of(found[index])]] : [],
      ),
    )
  const line = { unit: 'ms', better: 'less' }
  return [
    { ...line, what: 'run now to first step, worker', values: valuesOf(false, median), ratio: 100, limit: 50 },
    { ...line, what: 'the same, slowest', values: valuesOf(false, (all) => Math.max(...all)) },
    { ...line, what: 'the same, peer by flow.serve()', values: valuesOf(true, median) },
  ]
}

async function list({ servers, python, rounds, history }) {
  for (const server of servers) {
    const began = performance.now()
    server.seed(python, history)
    console.log(`  ${server.name}: ${history} runs in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }
  // Seeding keeps this process from all else: connections that closed meanwhile are noticed before they are taken.
  await sleep(200)
  const page = 100
  const timed = async (ask) => {
    const times = []
    for (let index = 0; index < 15; index += 1) {
      const began = performance.now()
      const count = await ask(page)
      times.push(performance.now() - began)
      if (count !== page) throw new Error(`${count} runs instead of ${page}`)
    }
    return median(times)
  }
  const newest = await inTurns(servers, rounds, async (server) => ({ ms: await timed(server.list) }))
  const ours = servers.filter(({ listFailed }) => listFailed !== undefined)
  const failed = await inTurns(ours, rounds, async (server) => ({ ms: await timed(server.listFailed) }))
  const what = `newest ${page} of ${history} runs`
  return [
    { what, unit: 'ms', values: newest('ms'), better: 'less', limit: 50 },
    ...(ours.length === 0 ? [] : [{ what: `${what} that failed`, unit: 'ms', values: failed('ms'), limit: 50 }]),
  ]
}

/** In this order: memory before anything was asked of the servers, the history last. */
export const rows = { memory, steps, map, starts, list }
