// Predictions over HTTP: Fabrique against the servers that people use, one process each, on the same cores, with the same model.
// `npm run bench -- serving [--rows iris,network,hello,overload] [--rounds 3] [--seconds 6] [--json FILE]`
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { freePort, memoryOf, root, start, untilAnswers } from '../support/processes.mjs'
import { inTurns, judged, report, told } from '../support/report.mjs'
import { asked, closedLoad, openLoad } from './load.mjs'
import { irisOfFabrique, irisPeers, networkServers } from './servers.mjs'

const connections = 32
const atLeast = { FastAPI: 8, MLflow: 10, MLServer: 6, BentoML: 8 }

const lines = []
function add(line) {
  const done = judged(line)
  lines.push(done)
  console.log(`  ${told(done)}`)
}

/** Measures servers in turn; none may fail a request. */
async function loads(servers, { rounds, seconds }) {
  for (const { request } of servers) closedLoad(request, { connections, seconds: 2 }) // Warm-up, not counted.
  const of = await inTurns(servers, rounds, ({ request }) => closedLoad(request, { connections, seconds }))
  const failed = Object.entries(of('failed')).filter(([, count]) => count > 0)
  if (failed.length > 0)
    throw new Error(`Requests failed: ${failed.map(([name, count]) => `${name} ${count}`).join(', ')}`)
  return of
}

const rows = {
  async iris(options) {
    const ours = await irisOfFabrique()
    try {
      // One peer at a time: all of them at rest would still take their part of two cores.
      for (const [name, open] of Object.entries(irisPeers)) {
        let peer
        try {
          peer = await open()
        } catch (error) {
          console.log(`  ${name} does not start here: ${error.message}`)
          continue
        }
        try {
          console.log(`  peer: ${peer.versions}`)
          const of = await loads([ours, peer], options)
          add({
            what: `Iris forest, 32 connections, ${name}`,
            unit: 'requests/s',
            values: of('requests_per_s'),
            better: 'more',
            ratio: atLeast[name],
          })
          add({ what: `the same, p99, ${name}`, unit: 'ms', values: of('p99_ms'), better: 'less', ratio: 4 })
        } finally {
          await peer.stop()
        }
      }
    } finally {
      await ours.stop()
    }
  },

  async network(options) {
    const servers = await networkServers()
    try {
      console.log(`  peer: ${servers[1].versions}`)
      const of = await loads(servers, options)
      add({
        what: 'network of 512 inputs, 32 connections',
        unit: 'requests/s',
        values: of('requests_per_s'),
        better: 'more',
        ratio: 6,
      })
      add({ what: 'the same, p99', unit: 'ms', values: of('p99_ms'), better: 'less' })
    } finally {
      await Promise.all(servers.map((server) => server.stop()))
    }
  },

  async hello(options) {
    const ours = await irisOfFabrique()
    const port = await freePort()
    const code = `import Fastify from 'fastify'; const app = Fastify(); app.post('/', async () => ({ hello: 'world' })); await app.listen({ port: ${port}, host: '127.0.0.1' })`
    const bare = start(process.execPath, ['--input-type=module', '-e', code], {
      cwd: `${root}/packages/server`,
      stdio: 'ignore',
    })
    try {
      const request = asked(`http://127.0.0.1:${port}/`, { features: [5.1, 3.5, 1.4, 0.2] })
      await untilAnswers(request.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
      const servers = [ours, { name: 'bare Fastify', request }]
      for (const one of servers) closedLoad(one.request, { connections, seconds: 2 })
      const of = await inTurns(servers, options.rounds, (one) =>
        closedLoad(one.request, { connections, seconds: options.seconds }),
      )
      const values = of('requests_per_s')
      const times = values['bare Fastify'] / values.Fabrique
      console.log(
        `  time per request: ${times.toFixed(2)} of a bare Fastify hello (at most 2: ${times <= 2 ? 'met' : 'NOT MET'})`,
      )
      add({ what: 'Iris forest against a bare hello', unit: 'requests/s', values })
    } finally {
      await bare.stop()
      await ours.stop()
    }
  },

  async overload({ overloadSeconds }) {
    const ours = await irisOfFabrique()
    try {
      // Large requests: a few hundred a second are all that one core can answer, and the load itself costs little.
      const many = { features: Array.from({ length: 500 }, () => [5.1, 3.5, 1.4, 0.2]) }
      const request = asked(ours.request.url, many)
      const capacity = closedLoad(request, { connections, seconds: 6 }).requests_per_s
      const normal = await openLoad(request, { perSecond: capacity * 0.7, seconds: 10 })
      const before = memoryOf(ours.pid).rssMb
      const flooded = await openLoad(request, { perSecond: capacity * 3, seconds: overloadSeconds })
      const after = memoryOf(ours.pid).rssMb
      const ratio = flooded.p99_ms / normal.p99_ms
      console.log(
        `  capacity ${capacity.toFixed(0)} requests/s; at 3x for ${overloadSeconds} s: ${JSON.stringify(flooded.statuses)}`,
      )
      console.log(
        `  p99 of answered: ${flooded.p99_ms.toFixed(1)} ms, normal ${normal.p99_ms.toFixed(1)} ms: ${ratio.toFixed(2)}x (at most 2: ${ratio <= 2 ? 'met' : 'NOT MET'})`,
      )
      console.log(`  resident memory of all processes: ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`)
    } finally {
      await ours.stop()
    }
  },
}

export async function bench(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: Object.keys(rows).join() },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '6' },
      'overload-seconds': { type: 'string', default: '60' },
      json: { type: 'string' },
    },
  })
  if (spawnSync('wrk', ['-v']).error !== undefined) throw new Error('wrk is missing: apt-get install wrk')
  const chosen = values.rows.split(',')
  const unknown = chosen.filter((name) => !(name in rows))
  if (unknown.length > 0) {
    console.error(`No row ${unknown.join(', ')}. The rows are: ${Object.keys(rows).join(', ')}`)
    process.exitCode = 2
    return
  }
  const options = {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    overloadSeconds: Number(values['overload-seconds']),
  }
  console.log(
    `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, medians of ${options.rounds} rounds of ${options.seconds} s`,
  )
  for (const name of chosen) {
    console.log(`${name} …`)
    await rows[name](options)
  }
  report(
    lines,
    [...new Set(lines.flatMap((line) => Object.keys(line.values)))].filter((name) => name !== 'Fabrique'),
  )
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(lines, null, 2))
  if (lines.some(({ met }) => met === false)) process.exitCode = 1
}
