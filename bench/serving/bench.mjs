// Predictions a second of the Iris forest at 32 connections: Fabrique against FastAPI with scikit-learn, one process each.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  copyOfIris,
  freePort,
  irisRequest,
  median,
  pythonWith,
  root,
  run,
  start,
  untilAnswers,
} from '../support/processes.mjs'

const connections = 32
const rounds = 5
const seconds = 6

function load(url) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', join(root, 'bench', 'serving', 'predict.lua'), url]
  const line = run('wrk', args)
    .split('\n')
    .find((text) => text.startsWith('RESULT '))
  return JSON.parse(line.slice('RESULT '.length))
}

export async function bench() {
  if (spawnSync('wrk', ['-v']).error !== undefined)
    throw new Error('The load generator wrk is missing: apt-get install wrk')
  const python = pythonWith('bench-serving', ['fastapi', 'uvicorn[standard]', 'scikit-learn', 'joblib'])
  const peerFolder = mkdtempSync(join(tmpdir(), 'fabrique-bench-peer-'))
  const csv = join(root, 'examples', 'iris', 'data', 'iris.csv')
  const versions = run(python, [join(root, 'bench', 'serving', 'train_peer.py'), csv, join(peerFolder, 'model.joblib')])

  const project = copyOfIris()
  const [ourPort, peerPort] = [await freePort(), await freePort()]
  const env = { ...process.env, FABRIQUE_LOG_FORMAT: 'off', PYTHONPATH: join(root, 'bench', 'serving') }
  const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
  const ours = start(process.execPath, [program, 'up', project, '--port', String(ourPort)], { env, stdio: 'ignore' })
  const uvicorn = ['-m', 'uvicorn', 'fastapi_app:app', '--port', String(peerPort), '--log-level', 'warning']
  const peer = start(python, uvicorn, { cwd: peerFolder, env })
  try {
    const targets = [
      { name: 'Fabrique', url: `http://127.0.0.1:${ourPort}/predict`, results: [] },
      { name: 'FastAPI', url: `http://127.0.0.1:${peerPort}/predict`, results: [] },
    ]
    for (const { url } of targets) await untilAnswers(url, irisRequest)
    for (const { url } of targets) load(url) // Warm-up, not counted.
    for (let round = 0; round < rounds; round += 1) for (const target of targets) target.results.push(load(target.url))
    report(targets, versions)
  } finally {
    await Promise.all([ours.stop(), peer.stop()])
    for (const folder of [project, peerFolder]) rmSync(folder, { recursive: true, force: true })
  }
}

function report(targets, versions) {
  const [ours, peer] = targets.map(({ name, results }) => ({
    name,
    rps: median(results.map((result) => result.requests_per_s)),
    p50: median(results.map((result) => result.p50_ms)),
    p99: median(results.map((result) => result.p99_ms)),
    failed: results.reduce((sum, result) => sum + result.failed, 0),
  }))
  console.log(
    `Iris forest, 100 trees, ${connections} connections, medians of ${rounds} interleaved rounds of ${seconds} s`,
  )
  console.log(`Peer: ${versions}, one process\n`)
  console.table(
    [ours, peer].map(({ name, rps, p50, p99, failed }) => ({
      server: name,
      'requests/s': Math.round(rps),
      'p50 ms': Number(p50.toFixed(2)),
      'p99 ms': Number(p99.toFixed(2)),
      failed,
    })),
  )
  const speed = ours.rps / peer.rps
  const tail = ours.p99 / peer.p99
  console.log(
    `requests/s: ${speed.toFixed(1)}x (bound: at least 6x)   p99: ${tail.toFixed(3)} of the peer's (bound: at most 0.25)`,
  )
  if (speed < 6 || tail > 0.25 || ours.failed > 0) process.exitCode = 1
}
