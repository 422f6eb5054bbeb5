// The rows of the table. Each measures the servers in turn, so that all of them see the same machine, and gives lines of the report.

import { rmSync } from 'node:fs'
import { cpuSecondsOf, freePort, memoryOf, root, start, untilAnswers } from '../support/processes.mjs'
import { inTurns } from '../support/report.mjs'
import { asked, closedLoad, once, openLoad } from './load.mjs'
import {
  answeringProcess,
  formServers,
  irisOfFabrique,
  irisPeers,
  irisProject,
  networkServers,
  predictorsOfFabrique,
  userServers,
} from './servers.mjs'

const connections = 32
const features = [5.1, 3.5, 1.4, 0.2]
/** Requests that cost the server much and the load little, which shares the cores with it. */
const manyRows = (count) => ({ features: Array.from({ length: count }, () => features) })
const stopAll = (servers) => Promise.all(servers.map((server) => server.stop()))

/** Measures servers in turn; none may fail a request. */
async function loads(servers, { rounds, seconds, warmSeconds }, more = () => ({})) {
  for (const { request } of servers) closedLoad(request, { connections, seconds: warmSeconds }) // Not counted.
  const failed = []
  const of = await inTurns(servers, rounds, (server) => {
    const before = more(server)
    const result = closedLoad(server.request, { connections, seconds })
    if (result.failed > 0) failed.push(`${server.name} ${result.failed}`)
    const used = Object.entries(more(server)).map(([name, value]) => [name, value - before[name]])
    return { ...result, ...Object.fromEntries(used) }
  })
  if (failed.length > 0) throw new Error(`Requests failed: ${failed.join(', ')}`)
  return of
}

const rate = (what, of, ratio) => ({ what, unit: 'requests/s', values: of('requests_per_s'), better: 'more', ratio })
const p99 = (what, of, ratio) => ({ what, unit: 'ms', values: of('p99_ms'), better: 'less', ratio })

const atLeast = { FastAPI: 8, MLflow: 10, MLServer: 6, BentoML: 8 }

async function iris(options) {
  const ours = await irisOfFabrique()
  const lines = []
  try {
    // One peer at a time: all of them at rest would still take their part of two cores.
    for (const [name, open] of Object.entries(irisPeers)) {
      let peer
      try {
        peer = await open()
      } catch (error) {
        console.error(`  ${name} does not start: ${error.message}`)
        process.exitCode = 1
        continue
      }
      try {
        console.log(`  peer: ${peer.versions}`)
        const of = await loads([ours, peer], options)
        lines.push(rate(`Iris forest, against ${name}`, of, atLeast[name]), p99(`the same, p99, ${name}`, of, 4))
      } finally {
        await peer.stop()
      }
    }
  } finally {
    await ours.stop()
  }
  return lines
}

async function network(options) {
  const servers = await networkServers()
  try {
    console.log(`  peer: ${servers[1].versions}`)
    const of = await loads(servers, options)
    return [rate('network of 512 inputs', of, 6), p99('the same, p99', of)]
  } finally {
    await stopAll(servers)
  }
}

/**
 * A JPEG of 100 KB takes the same library 4 to 5 ms to unpack on both sides, and more to make smaller where it is unpacked as a whole: there is no
 * three times as fast. As they are, the bytes take both sides the same computation of the model.
 */
async function form(options) {
  const { pictures, blocks } = await formServers()
  try {
    console.log(`  peer: ${pictures[1].versions}`)
    const unpacked = await loads(pictures, options)
    const taken = await loads(blocks, options)
    return [
      rate('form of a JPEG of 100 KB and a text', unpacked, 3),
      p99('the same, p99', unpacked),
      rate('form of 100 KB as they are and a text', taken, 3),
      p99('the same, p99', taken),
    ]
  } finally {
    await stopAll(pictures)
  }
}

async function users(options) {
  const servers = await userServers()
  try {
    console.log(`  peer: ${servers[1].versions}`)
    const of = await loads(servers, options)
    return [rate('by user, features online', of, 15), p99('the same, p99', of)]
  } finally {
    await stopAll(servers)
  }
}

/** Processor time of one request, of what was measured as seconds of each round. */
function cpuOfRequest(of, measured, { seconds }) {
  const rates = of('requests_per_s')
  const each = Object.entries(of(measured)).map(([name, used]) => [name, (used / (rates[name] * seconds)) * 1e6])
  return { unit: 'µs of processor', values: Object.fromEntries(each), better: 'less' }
}

/** Processor seconds of a program and all that it started. */
const cpuOf = ({ pid }) => memoryOf(pid).rows.reduce((sum, { id }) => sum + cpuSecondsOf(id), 0)

/**
 * Two cores have the load as well, and the database that the log goes to: of single rows these take a good part of one, of many rows next to nothing.
 * What is left for the second process is less than a core, so that the rate cannot double even where nothing is lost: the processor time of a request,
 * with which two processes would answer twice as many on two cores of their own, says whether anything is.
 */
async function processes(options) {
  const folder = await irisProject()
  const lines = []
  const bodies = [
    ['100 rows in a request', manyRows(100), 1.8],
    ['a row in a request, the load takes its part', { features }, undefined],
  ]
  try {
    // One after the other: each of them has the database of the folder to itself.
    for (const [what, body, ratio] of bodies) {
      const found = new Map([
        ['Fabrique', []],
        ['one process', []],
      ])
      const used = new Map([...found.keys()].map((name) => [name, []]))
      for (let round = 0; round < options.rounds; round += 1) {
        for (const [name, count] of [
          ['one process', 1],
          ['Fabrique', 2],
        ]) {
          const server = await predictorsOfFabrique(folder, count)
          try {
            const request = asked(server.request.url, body)
            const of = await loads([{ ...server, request }], { ...options, rounds: 1 }, (one) => ({ cpu: cpuOf(one) }))
            const perSecond = of('requests_per_s').Fabrique
            found.get(name).push(perSecond)
            used.get(name).push((of('cpu').Fabrique / (perSecond * options.seconds)) * 1e6)
          } finally {
            await server.stop()
          }
        }
      }
      const servers = [...found].map(([name, list]) => ({ name, list, used: used.get(name) }))
      const of = await inTurns(servers, options.rounds, ({ list, used: each }, round) => ({
        requests_per_s: list[round],
        cpu: each[round],
      }))
      lines.push(rate(`two predictors, ${what}`, of, ratio))
      lines.push({ what: 'the same, all processes', unit: 'µs of processor', values: of('cpu'), better: 'less' })
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return lines
}

/** By the processor time of the process that answers: the load cannot ask a bare hello as fast as it answers. */
async function hello(options) {
  const ours = await irisOfFabrique()
  const port = await freePort()
  const code = `import Fastify from 'fastify'; const app = Fastify(); app.post('/', async () => ({ hello: 'world' })); await app.listen({ port: ${port}, host: '127.0.0.1' })`
  const run = ['--input-type=module', '-e', code]
  const bare = start(process.execPath, run, { cwd: `${root}/packages/server`, stdio: 'ignore' })
  try {
    const request = asked(`http://127.0.0.1:${port}/`, { features })
    await untilAnswers(request.url, once(request))
    const servers = [
      { ...ours, answers: answeringProcess(ours) },
      { name: 'bare Fastify', request, answers: bare.pid },
    ]
    const of = await loads(servers, options, ({ answers }) => ({ cpu: cpuSecondsOf(answers) }))
    const what = 'Iris forest against a bare hello'
    return [{ what, ...cpuOfRequest(of, 'cpu', options), ratio: 0.5 }, rate('the same', of)]
  } finally {
    await bare.stop()
    await ours.stop()
  }
}

/**
 * The rows of predictions are written; figures and metrics are kept in both. Two programs that are the same but for that differ by less than this
 * machine from one minute to the next, and compile what they run for ten seconds: more rounds, and a longer start.
 */
async function log(given) {
  const options = { ...given, rounds: given.rounds * 3, warmSeconds: given.warmSeconds * 3 }
  const [ours, without] = [await irisOfFabrique(), await irisOfFabrique({ FABRIQUE_PREDICTION_LOG: '0' })]
  try {
    const servers = [ours, { ...without, name: 'without the log' }]
    const of = await loads(servers, options, (server) => ({
      answering: cpuSecondsOf(answeringProcess(server)),
      all: cpuOf(server),
    }))
    return [
      rate('Iris forest with the log of predictions', of, 0.9),
      { what: 'the same, the process that answers', ...cpuOfRequest(of, 'answering', options) },
      { what: 'the same, all processes, the database too', ...cpuOfRequest(of, 'all', options) },
    ]
  } finally {
    await stopAll([ours, without])
  }
}

async function overload({ overloadSeconds, seconds, warmSeconds }) {
  const ours = await irisOfFabrique()
  try {
    const request = asked(ours.request.url, manyRows(500))
    closedLoad(request, { connections, seconds: warmSeconds }) // Not counted.
    // As fast as it answers: what the other rows call normal.
    const normal = closedLoad(request, { connections, seconds })
    const capacity = normal.requests_per_s
    const before = memoryOf(ours.pid).pssMb
    const flooded = await openLoad(request, { perSecond: capacity * 3, seconds: overloadSeconds })
    const after = memoryOf(ours.pid).pssMb
    const told = Object.entries(flooded.statuses).map(([status, count]) => `${count} with ${status}`)
    console.log(`  capacity ${capacity.toFixed(0)} requests/s; at 3x for ${overloadSeconds} s: ${told.join(', ')}`)
    await untilAnswers(ours.request.url, once(ours.request))
    const what = `overload at 3x for ${overloadSeconds} s`
    return [
      {
        what: `${what}, p99 of answered`,
        unit: 'ms',
        values: { Fabrique: flooded.p99_ms, normal: normal.p99_ms },
        better: 'less',
        ratio: 0.5,
      },
      { what: `${what}, all processes after`, unit: 'MB', values: { Fabrique: after, normal: before } },
      {
        what: `${what}, answered`,
        unit: 'requests/s',
        values: { Fabrique: flooded.answered / overloadSeconds, normal: capacity },
      },
    ]
  } finally {
    await ours.stop()
  }
}

export const rows = { iris, network, form, users, processes, hello, log, overload }
