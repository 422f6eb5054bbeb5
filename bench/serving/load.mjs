// Load on a server: as many requests as go over some connections, or so many a second whatever comes back.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { Agent, request as send } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, run } from '../support/processes.mjs'

const script = join(root, 'bench', 'serving', 'predict.lua')
const folder = mkdtempSync(join(tmpdir(), 'fabrique-bench-body-'))
let bodies = 0

/** A request to measure: address, content type, body; or several bodies in turn, each without a line break. */
export function asked(url, body, type = 'application/json') {
  bodies += 1
  const file = join(folder, `body-${bodies}`)
  const texts = (Array.isArray(body) ? body : [body]).map((one) =>
    typeof one === 'string' || Buffer.isBuffer(one) ? one : JSON.stringify(one),
  )
  writeFileSync(file, Array.isArray(body) ? texts.join('\n') : texts[0])
  return { url, file, type, body: texts[0], lines: Array.isArray(body) }
}

/** What `untilAnswers` sends. */
export const once = ({ body, type }) => ({ method: 'POST', headers: { 'content-type': type }, body })

/** Requests a second, percentiles in ms, and failed ones, over kept connections that each wait for their answer. */
export function closedLoad({ url, file, type, lines }, { connections, seconds }) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script, url, '--', file, type]
  if (lines) args.push('lines')
  const line = run('wrk', args)
    .split('\n')
    .find((text) => text.startsWith('RESULT '))
  return JSON.parse(line.slice('RESULT '.length))
}

/** So many requests a second for some seconds, whether answers come or not. Durations in ms of those with 200, and a count by status. */
export async function openLoad({ url, type, body }, { perSecond, seconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1024 })
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) }
  const durations = []
  const statuses = {}
  const one = () =>
    new Promise((resolve) => {
      const began = performance.now()
      const count = (status) => {
        statuses[status] = (statuses[status] ?? 0) + 1
        if (status === 200) durations.push(performance.now() - began)
        resolve()
      }
      const sent = send(url, { method: 'POST', agent, headers }, (reply) => {
        reply.resume()
        reply.on('end', () => count(reply.statusCode))
      })
      sent.on('error', () => count('error'))
      sent.end(body)
    })
  const open = []
  const began = performance.now()
  for (let number = 0; number < perSecond * seconds; ) {
    const due = Math.min(perSecond * seconds, Math.floor(((performance.now() - began) / 1000) * perSecond))
    for (; number < due; number += 1) open.push(one())
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  await Promise.all(open)
  agent.destroy()
  durations.sort((left, right) => left - right)
  const at = (share) => durations[Math.min(durations.length - 1, Math.floor(share * durations.length))]
  return { p50_ms: at(0.5), p99_ms: at(0.99), statuses, answered: durations.length }
}
