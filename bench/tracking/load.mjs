// Load on a tracking server: wrk for writers, single requests that are timed for readers.
import { spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { median, root } from '../support/processes.mjs'

/** Runs wrk with one thread and one connection for each client. Returns requests, seconds, p50_ms, p99_ms, failed. */
export async function wrk(script, url, seconds, args, clients) {
  const file = join(root, 'bench', 'tracking', script)
  const options = [`-t${clients}`, `-c${clients}`, `-d${seconds}s`, '--timeout', '60s', '-s', file, url]
  const child = spawn('wrk', [...options, '--', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  const line = output.split('\n').find((text) => text.startsWith('RESULT '))
  if (line === undefined) throw new Error(`wrk gave no result:\n${output}`)
  return JSON.parse(line.slice('RESULT '.length))
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

/** One request as the Python client makes it. Errors: a status other than 200. */
export async function call(method, url, body) {
  try {
    return await send(method, url, body)
  } catch (error) {
    // The server closed a connection that had been idle for long.
    if (error.isStale === true) return await send(method, url, body)
    throw error
  }
}

function send(method, url, body) {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = { accept: '*/*', ...(text === undefined ? {} : { 'content-type': 'application/json' }) }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent, timeout: 300_000 }, (reply) => {
      const parts = []
      reply.on('data', (part) => parts.push(part))
      reply.once('error', reject)
      reply.once('end', () => {
        const bytes = Buffer.concat(parts)
        if (reply.statusCode === 200) resolve({ bytes, json: () => JSON.parse(bytes.toString()) })
        else reject(new Error(`${method} ${url} gave ${reply.statusCode}: ${bytes.toString().slice(0, 500)}`))
      })
    })
    sent.once('error', (error) => {
      reject(Object.assign(error, { isStale: sent.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(error.code) }))
    })
    sent.end(text)
  })
}

export const mlflow = (url, path) => `${url}/api/2.0/mlflow/${path}`

export async function newExperiment(url, name) {
  return (await call('POST', mlflow(url, 'experiments/create'), { name })).json().experiment_id
}

export async function newRuns(url, experiment, count) {
  const ids = []
  for (let index = 0; index < count; index += 1) {
    const body = { experiment_id: experiment, start_time: 1_700_000_000_000, run_name: `writer-${index}` }
    ids.push((await call('POST', mlflow(url, 'runs/create'), body)).json().run.info.run_id)
  }
  return ids
}

/** The median of the milliseconds of some requests, one after the other. */
export async function timed(times, action) {
  const all = []
  for (let index = 0; index < times; index += 1) {
    const began = performance.now()
    await action()
    all.push(performance.now() - began)
  }
  return median(all)
}

/** Reads the points of a metric in pages, as the Python client asks for them. `take` gets each page as bytes. */
export async function readHistory(url, run, key, take = () => {}) {
  let token
  do {
    const query = new URLSearchParams({ run_id: run, metric_key: key, max_results: '25000' })
    if (token !== undefined) query.set('page_token', token)
    const { bytes } = await call('GET', `${mlflow(url, 'metrics/get-history')}?${query}`)
    take(bytes)
    token = /"next_page_token": ?"([^"]+)"/.exec(bytes.toString('latin1'))?.[1]
  } while (token !== undefined)
}

export async function countHistory(url, run, key) {
  let count = 0
  await readHistory(url, run, key, (bytes) => {
    count += (JSON.parse(bytes.toString()).metrics ?? []).length
  })
  return count
}
