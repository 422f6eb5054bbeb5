// Time from the command to a served prediction, cold (new data folder) and warm, and the memory of all processes at rest.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  copyOfIris,
  freePort,
  irisRequest,
  median,
  memoryOf,
  root,
  start,
  untilAnswers,
} from '../support/processes.mjs'

const rounds = 3

async function timed(project, port) {
  const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
  const env = { ...process.env, FABRIQUE_LOG_FORMAT: 'off' }
  const began = performance.now()
  const running = start(process.execPath, [program, 'up', project, '--port', String(port)], { env, stdio: 'ignore' })
  await untilAnswers(`http://127.0.0.1:${port}/predict`, irisRequest)
  return { running, seconds: (performance.now() - began) / 1000 }
}

export async function bench() {
  const cold = []
  const warm = []
  const stops = []
  let memory
  for (let round = 0; round < rounds; round += 1) {
    const project = copyOfIris()
    const port = await freePort()
    try {
      for (const times of [cold, warm]) {
        const { running, seconds } = await timed(project, port)
        times.push(seconds)
        if (times === warm || round === 0) {
          await sleep(10_000)
          memory = { ...memoryOf(running.pid, postmasterOf(project)), kind: times === warm ? 'warm' : 'cold' }
          console.log(`\nAt rest 10 s after a ${memory.kind} start:`)
          console.table(
            memory.rows.map(({ command, rssMb, pssMb }) => ({
              command,
              'RSS MB': Math.round(rssMb),
              'PSS MB': Math.round(pssMb),
            })),
          )
          console.log(
            `all processes: ${Math.round(memory.pssMb)} MB PSS, ${Math.round(memory.rssMb)} MB RSS (bound: under 400 MB)`,
          )
        }
        const stopping = performance.now()
        await running.stop('SIGINT')
        stops.push((performance.now() - stopping) / 1000)
      }
    } finally {
      rmSync(project, { recursive: true, force: true })
    }
  }
  console.log(
    `\ncold start to a prediction: ${median(cold).toFixed(2)} s (bound 15 s)   each: ${cold.map((s) => s.toFixed(2)).join(', ')}`,
  )
  console.log(
    `warm start to a prediction: ${median(warm).toFixed(2)} s (bound 3 s)   each: ${warm.map((s) => s.toFixed(2)).join(', ')}`,
  )
  console.log(`stop: ${median(stops).toFixed(2)} s (bound 10 s)`)
  if (median(cold) > 15 || median(warm) > 3 || memory.pssMb > 400) process.exitCode = 1
}

/** The database server is not below the command in the process tree: it is found by its pid file. */
function postmasterOf(project) {
  try {
    return [Number(readFileSync(join(project, '.fabrique', 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])]
  } catch {
    return []
  }
}
