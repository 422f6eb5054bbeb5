import http from 'node:http'
import type { FlowLogLine, FlowStep, FlowStreamMessage } from '@fabrique/contract'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FlowApp, openFlowApp } from '../../../../test/support/flow-app.js'
import { completed, insertLines, insertRun, insertStep, running } from '../../../../test/support/flow-rows.js'
import { listen } from '../../../platform/index.js'

let suite: FlowApp
let port: number
beforeAll(async () => {
  suite = await openFlowApp()
  port = await listen(suite.app, '127.0.0.1', 0)
})
afterAll(async () => {
  suite?.app.server.closeAllConnections()
  await suite?.close()
})

/** Reads a stream as a browser does. */
class Reader {
  readonly messages: FlowStreamMessage[] = []
  lastId: string | undefined
  hasEnd = false
  isClosed = false
  readonly #request: http.ClientRequest
  #rest = ''

  constructor(query = '', lastId?: string) {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
    this.#request = http.get({ port, path: `/api/v1/flow-runs/flow_a/stream${query}`, headers }, (response) => {
      response.setEncoding('utf8')
      response.on('data', (text: string) => this.#read(text))
      response.on('close', () => {
        this.isClosed = true
      })
    })
    this.#request.on('error', () => {})
    readers.push(this)
  }

  #read(text: string): void {
    const blocks = (this.#rest + text).split('\n\n')
    this.#rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split('\n')
      if (lines.includes('event: end')) this.hasEnd = true
      for (const line of lines) {
        if (line.startsWith('data: ') && line !== 'data: {}') this.messages.push(JSON.parse(line.slice(6)))
        if (line.startsWith('id: ')) this.lastId = line.slice(4)
      }
    }
  }

  get kinds(): readonly string[] {
    return this.messages.map(({ kind }) => kind)
  }

  get lines(): readonly FlowLogLine[] {
    return this.messages.flatMap((message) => (message.kind === 'logs' ? message.lines : []))
  }

  get steps(): readonly FlowStep[] {
    return this.messages.flatMap((message) => (message.kind === 'steps' ? message.steps : []))
  }

  get states(): readonly string[] {
    return this.messages.flatMap((message) => (message.kind === 'run' ? [message.run.state.name] : []))
  }

  close(): void {
    this.#request.destroy()
  }
}

const readers: Reader[] = []
beforeEach(async () => {
  await sql`truncate flow_runs cascade`.execute(suite.ctx.db)
  await insertRun(suite.ctx.db, 'flow_a', running)
})
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
})

const soon = { interval: 20 }
const change = async (statement: ReturnType<typeof sql>) => {
  await statement.execute(suite.ctx.db)
  await sql`select pg_notify('fabrique_flow_runs', 'flow_a')`.execute(suite.ctx.db)
}
const positions = (reader: Reader) => reader.lines.map(({ position }) => position)

test('a reader gets the run, its steps and its log, then what changes, and the end', async () => {
  await insertStep(suite.ctx.db, 'flow_a', 'load', 0)
  await insertStep(suite.ctx.db, 'flow_a', 'score', 1, { ...running, ended_at: null, kind: 'map' })
  await insertLines(suite.ctx.db, 'flow_a', ['one', 'two'])
  const reader = new Reader()
  await expect.poll(() => reader.kinds, soon).toEqual(['run', 'steps', 'logs'])
  expect(reader.steps).toMatchObject([{ name: 'load' }, { name: 'score', progress: { done: 0 } }])
  expect(positions(reader)).toEqual([1, 2])
  expect(reader.lastId).toBe('2')

  await insertStep(suite.ctx.db, 'flow_a', 'score[0]', 2, { map: 'score' })
  await change(
    sql`insert into flow_logs (run_id, position, at, level, stream, text) values ('flow_a', 3, now(), 20, 'log', 'three')`,
  )
  await expect.poll(() => reader.kinds.slice(3), soon).toEqual(['steps', 'logs'])
  expect(reader.steps.slice(2)).toMatchObject([{ name: 'score', progress: { done: 1, total: 1 } }])

  await sql`update flow_steps set state_name = 'Completed', ended_at = now() where name = 'score'`.execute(suite.ctx.db)
  await change(sql`update flow_runs set state_type = 'COMPLETED', state_name = 'Completed', ended_at = now()`)
  await expect.poll(() => reader.isClosed, soon).toBe(true)
  expect(reader.hasEnd).toBe(true)
  expect(reader.states).toEqual(['Running', 'Completed'])
  expect(reader.steps.slice(3)).toMatchObject([{ name: 'score', state: { name: 'Completed' } }])
  expect(positions(reader)).toEqual([1, 2, 3])
})

test('one that comes back goes on in the log where it was, and has the rest whole', async () => {
  await insertStep(suite.ctx.db, 'flow_a', 'load', 0)
  await insertLines(suite.ctx.db, 'flow_a', ['one', 'two', 'three'])
  const again = new Reader('?after=1', '2')
  await expect.poll(() => positions(again), soon).toEqual([3])
  expect(again.kinds).toEqual(['run', 'steps', 'logs'])
  const after = new Reader('?after=1')
  await expect.poll(() => positions(after), soon).toEqual([2, 3])
})

test('the log is left out where it is not wanted, and texts are in the language asked for', async () => {
  const error = JSON.stringify({ code: 'flow_run_interrupted', params: { reason: 'x' } })
  await sql`update flow_runs set error = ${error}::json`.execute(suite.ctx.db)
  await insertLines(suite.ctx.db, 'flow_a', ['one'])
  await change(sql`update flow_runs set state_type = 'FAILED', state_name = 'Failed', ended_at = now()`)
  const reader = new Reader('?logs=none&lang=fr')
  await expect.poll(() => reader.isClosed, soon).toBe(true)
  expect(reader.kinds).toEqual(['run'])
  const [message] = reader.messages
  expect(message?.kind === 'run' && message.run.error?.message).toMatch('s’est terminée')
})

test('many changes are few messages', async () => {
  await insertStep(suite.ctx.db, 'flow_a', 'load', 0, { ...running, ended_at: null })
  const reader = new Reader()
  await expect.poll(() => reader.steps.length, soon).toBe(1)
  const begun = performance.now()
  for (let done = 1; done <= 100; done += 1) {
    await change(sql`update flow_steps set progress = ${JSON.stringify({ done })}::jsonb`)
  }
  await expect.poll(() => reader.steps.at(-1)?.progress?.done, soon).toBe(100)
  expect(reader.steps.length).toBeLessThanOrEqual(3 + (performance.now() - begun) / 400)
})

test('a log far larger than what may wait for a reader is read to its end', async () => {
  await sql`
    insert into flow_logs (run_id, position, at, level, stream, text)
    select 'flow_a', n, now(), 20, 'log', repeat('x', 1000) from generate_series(1, 12000) n
  `.execute(suite.ctx.db)
  await sql`update flow_runs set state_type = ${completed.state_type}, state_name = 'Completed', ended_at = now()`.execute(
    suite.ctx.db,
  )
  const reader = new Reader()
  await expect.poll(() => reader.isClosed, soon).toBe(true)
  expect(reader.hasEnd).toBe(true)
  expect(reader.lines.length).toBe(12_000)
})
