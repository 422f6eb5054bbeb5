// Predictions over HTTP: Fabrique against the servers that people use, one process each, on the same cores, with the same model.
// `npm run bench -- serving [--rows iris,network] [--rounds 3] [--seconds 6] [--overload-seconds 60] [--json FILE]`
// `--small` takes seconds and rounds that are too short to measure by, to see that everything works.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { judged, report, told } from '../support/report.mjs'
import { rows } from './rows.mjs'

const options = {
  rows: { type: 'string', default: Object.keys(rows).join() },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '6' },
  'overload-seconds': { type: 'string', default: '60' },
  json: { type: 'string' },
  small: { type: 'boolean', default: false },
}

export async function bench(args) {
  const { values } = parseArgs({ args, options })
  if (spawnSync('wrk', ['-v']).error !== undefined) throw new Error('wrk is missing: apt-get install wrk')
  const chosen = values.rows.split(',').filter(Boolean)
  const unknown = chosen.filter((name) => !(name in rows))
  if (unknown.length > 0 || chosen.length === 0) {
    console.error(`No row ${unknown.join(', ')}. The rows are: ${Object.keys(rows).join(', ')}`)
    process.exitCode = 2
    return
  }
  const seconds = values.small ? 1 : Number(values.seconds)
  const context = {
    rounds: values.small ? 1 : Number(values.rounds),
    seconds,
    warmSeconds: Math.min(seconds, 3),
    overloadSeconds: values.small ? 3 : Number(values['overload-seconds']),
  }
  const machine = { cores: cpus().length, memory_gb: Math.round(totalmem() / 2 ** 30), node: process.version }
  console.log(
    `${machine.cores} cores, ${machine.memory_gb} GB, Node ${machine.node}, 32 connections, medians of ${context.rounds} rounds of ${seconds} s`,
  )
  const lines = []
  for (const name of chosen) {
    console.log(`${name} …`)
    try {
      const measured = (await rows[name](context)).map((line) => judged(line))
      for (const line of measured) console.log(`  ${told(line)}`)
      lines.push(...measured)
    } catch (error) {
      // What was measured before is told all the same.
      console.error(`  ${name} failed: ${error.message}`)
      process.exitCode = 1
    }
  }
  const names = new Set(lines.flatMap((line) => Object.keys(line.values)))
  report(
    lines,
    [...names].filter((name) => name !== 'Fabrique'),
  )
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ machine, options: values, lines }, null, 2)}\n`)
  }
  if (lines.some(({ met }) => met === false)) process.exitCode = 1
}
