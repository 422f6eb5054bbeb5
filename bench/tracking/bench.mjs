// Tracking: Fabrique against the newest MLflow from PyPI, on its default store and on the PostgreSQL that Fabrique uses.
// `npm run bench -- tracking [--rows log-metric,history] [--rounds 3] [--seconds 10] [--peers sqlite,postgres] [--json FILE]`
// `--small` measures a hundredth of the runs and points, to see that everything works.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { databaseForPeer } from '../support/postgres.mjs'
import { pythonWith, run } from '../support/processes.mjs'
import { judged, report, told } from '../support/report.mjs'
import { rows, warmUp } from './rows.mjs'
import { startFabrique, startMlflow } from './servers.mjs'

const options = {
  rows: { type: 'string', default: Object.keys(rows).join() },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '10' },
  peers: { type: 'string', default: 'sqlite,postgres' },
  json: { type: 'string' },
  small: { type: 'boolean', default: false },
}
const peerNames = { sqlite: 'MLflow, SQLite', postgres: 'MLflow, PostgreSQL' }

export async function bench(args) {
  const { values } = parseArgs({ args, options })
  const chosen = Object.keys(rows).filter((name) => values.rows.split(',').includes(name))
  const unknown = values.rows.split(',').filter((name) => !(name in rows))
  if (unknown.length > 0 || chosen.length === 0) {
    console.error(`No row ${unknown.join(', ')}. The rows are: ${Object.keys(rows).join(', ')}`)
    process.exitCode = 2
    return
  }
  if (spawnSync('wrk', ['-v']).error !== undefined)
    throw new Error('The load generator wrk is missing: apt-get install wrk')
  const python = pythonWith('bench-tracking', ['mlflow', 'psycopg2-binary'])
  const version = run(python, ['-c', 'import mlflow; print(mlflow.__version__, end="")'])
  const started = []
  try {
    const ours = await startFabrique()
    started.push(ours)
    for (const peer of chosen.some((name) => rows[name].peers) ? values.peers.split(',').filter(Boolean) : []) {
      const uri = peer === 'postgres' ? databaseForPeer(python, ours.postgres, 'mlflow_peer', 'psycopg2') : undefined
      started.push(await startMlflow(python, peerNames[peer], uri))
    }
    const shrink = values.small ? 100 : 1
    const context = {
      ours,
      servers: started,
      python,
      rounds: Number(values.rounds),
      seconds: Number(values.seconds),
      runs: 10_000 / shrink,
      millionRuns: 1_000_000 / shrink,
      longHistory: 10_000_000 / shrink,
    }
    console.log(
      `MLflow ${version}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, medians of ${values.rounds} rounds`,
    )
    const lines = []
    let isWarm = false
    for (const name of chosen) {
      // Memory is that of servers that nobody has used yet.
      if (name !== 'memory' && !isWarm) {
        for (const server of started) await warmUp(server)
        isWarm = true
      }
      console.log(`${name} …`)
      const measured = (await rows[name].measure(context)).map((line) => judged(line))
      for (const line of measured) console.log(`  ${told(line)}`)
      lines.push(...measured)
    }
    report(lines, Object.values(peerNames))
    if (values.json !== undefined) {
      const machine = { cores: cpus().length, memory_gb: Math.round(totalmem() / 2 ** 30) }
      writeFileSync(values.json, `${JSON.stringify({ mlflow: version, machine, options: values, lines }, null, 2)}\n`)
    }
    if (lines.some(({ met }) => met === false)) process.exitCode = 1
  } finally {
    // The peers first: one of them is on the database of ours.
    for (const server of started.reverse()) await server.stop()
  }
}
