// Flows: Fabrique against the newest Prefect from PyPI that can be installed, on its default database and on the PostgreSQL
// that Fabrique uses.
// `npm run bench -- flows [--rows steps,map] [--rounds 3] [--starts 7] [--servers fabrique,sqlite,postgres] [--json FILE]`
// `--small` takes fewer items, starts and runs, to see that everything works.
//
// Prefect is as installed, with the settings it comes with, but tells nothing to its maker. Two differences are in its favour: it keeps no
// results of tasks, so a run that is killed begins anew, and what it records of tasks comes later than their end, which has a line of its own.
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { databaseForPeer } from '../support/postgres.mjs'
import { pythonWith, run } from '../support/processes.mjs'
import { judged, report, told } from '../support/report.mjs'
import { rows } from './rows.mjs'
import { startFabrique, startPrefect } from './servers.mjs'

/** Prefect up to 3.8.8 takes any FastAPI, and does not start with that of 2026-11; 3.9.1 asks for this itself. */
const packages = ['prefect', 'fastapi<0.151', 'asyncpg', 'psycopg2-binary']
const peerNames = { sqlite: 'Prefect, SQLite', postgres: 'Prefect, PostgreSQL' }
const options = {
  rows: { type: 'string', default: Object.keys(rows).join() },
  rounds: { type: 'string', default: '3' },
  starts: { type: 'string', default: '7' },
  servers: { type: 'string', default: 'fabrique,sqlite,postgres' },
  json: { type: 'string' },
  small: { type: 'boolean', default: false },
}

export async function bench(args) {
  const { values } = parseArgs({ args, options })
  const chosen = Object.keys(rows).filter((name) => values.rows.split(',').includes(name))
  const unknown = values.rows.split(',').filter((name) => !(name in rows))
  if (unknown.length > 0 || chosen.length === 0) {
    console.error(`No row ${unknown.join(', ')}. The rows are: ${Object.keys(rows).join(', ')}`)
    process.exitCode = 2
    return
  }
  const names = values.servers.split(',').filter(Boolean)
  // The history is seeded by Python; without it and without a peer there is no need of one.
  const python =
    names.some((name) => name !== 'fabrique') || chosen.includes('list')
      ? pythonWith('bench-prefect', packages)
      : undefined
  const version =
    python === undefined ? undefined : run(python, ['-c', 'import prefect; print(prefect.__version__, end="")'])
  const servers = []
  try {
    if (names.includes('fabrique')) servers.push(await startFabrique())
    for (const name of names.filter((one) => one !== 'fabrique')) {
      const postgres = name === 'postgres' ? servers.find((one) => one.postgres !== undefined)?.postgres : undefined
      if (name === 'postgres' && postgres === undefined) throw new Error('postgres is that of fabrique: name both')
      const database = postgres === undefined ? undefined : databaseForPeer(python, postgres, 'prefect_peer', 'asyncpg')
      servers.push(await startPrefect(python, peerNames[name], database))
    }
    const context = {
      servers,
      python,
      rounds: Number(values.rounds),
      starts: values.small ? 1 : Number(values.starts),
      items: values.small ? 50 : 1000,
      history: values.small ? 4000 : 100_000,
    }
    console.log(
      `Prefect ${version ?? 'not asked for'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, medians of ${values.rounds} rounds`,
    )
    const lines = []
    for (const name of chosen) {
      console.log(`${name} …`)
      const measured = (await rows[name](context)).map((line) => judged(line))
      for (const line of measured) console.log(`  ${told(line)}`)
      lines.push(...measured)
    }
    report(lines, Object.values(peerNames))
    if (values.json !== undefined) {
      const machine = { cores: cpus().length, memory_gb: Math.round(totalmem() / 2 ** 30) }
      writeFileSync(values.json, `${JSON.stringify({ prefect: version, machine, options: values, lines }, null, 2)}\n`)
    }
    if (lines.some(({ met }) => met === false)) process.exitCode = 1
  } finally {
    // The peers first: one of them is on the database of ours.
    for (const server of servers.reverse()) await server.stop()
  }
}
