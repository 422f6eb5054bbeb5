import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { isMlflowError, makeTransport } from './transport.js'

type Answer = (request: IncomingMessage, reply: ServerResponse, count: number) => void

const open: { close(): void }[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

async function serve(answer: Answer): Promise<{ url: string; count(): number }> {
  let count = 0
  const server = createServer((request, reply) => {
    count += 1
    answer(request, reply, count)
  })
  open.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, count: () => count }
}

const json = (reply: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  reply.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

const call = { method: 'POST', path: '/api/2.0/mlflow/x', body: {} } as const

describe('makeTransport', () => {
  test('tries again what passes by itself', async () => {
    const server = await serve((_, reply, count) => json(reply, count < 3 ? 503 : 200, { tried: count }))
    expect(await makeTransport(server).call(call)).toEqual({ tried: 3 })
  })

  test('a mistake of the caller is told at once, with the code of the server', async () => {
    const server = await serve((_, reply) => json(reply, 400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'No' }))
    const error = await makeTransport(server)
      .call(call)
      .catch((reason: unknown) => reason)
    expect(isMlflowError(error, 'INVALID_PARAMETER_VALUE')).toBe(true)
    expect(isMlflowError(error, 'RESOURCE_DOES_NOT_EXIST')).toBe(false)
    expect(server.count()).toBe(1)
  })

  test('what may have been done is not done twice', async () => {
    const server = await serve((_, reply) => json(reply, 500, { error_code: 'INTERNAL_ERROR', message: 'Broken' }))
    const transport = makeTransport(server)
    await expect(transport.call({ ...call, canRepeat: false })).rejects.toMatchObject({ code: 'mlflow_refused' })
    expect(server.count()).toBe(1)
  })

  test('the deadline ends the retries with the last refusal', async () => {
    const busy = { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'Busy' }
    // The pause that the third refusal asks for would end past the deadline.
    const server = await serve((_, reply, count) => json(reply, 503, busy, count < 3 ? {} : { 'retry-after': '3600' }))
    const failed = makeTransport({ ...server, deadlineMs: 600_000 }).call(call)
    await expect(failed).rejects.toMatchObject({ code: 'mlflow_refused', params: { status: 503 } })
    expect(server.count()).toBe(3)
  })

  test('a server that is away is named', async () => {
    const gone = await serve(() => {})
    open.pop()?.close()
    await expect(makeTransport({ ...gone, deadlineMs: 200 }).call(call)).rejects.toMatchObject({
      code: 'mlflow_unreachable',
      params: { address: gone.url },
    })
  })

  test('sends credentials, and an answer that is not JSON is said to be one', async () => {
    const seen: (string | undefined)[] = []
    const server = await serve((request, reply) => {
      seen.push(request.headers.authorization)
      reply.end('<html>')
    })
    const basic = makeTransport({ ...server, username: 'ada', password: 'secret' })
    await expect(basic.call(call)).rejects.toMatchObject({ code: 'mlflow_unreachable' })
    await expect(makeTransport({ ...server, token: 'abc' }).call(call)).rejects.toMatchObject({
      code: 'mlflow_unreachable',
    })
    expect(seen).toEqual([`Basic ${Buffer.from('ada:secret').toString('base64')}`, 'Bearer abc'])
  })

  test('an upload is opened anew for each attempt', async () => {
    const bodies: string[] = []
    const server = await serve((request, reply, count) => {
      let text = ''
      request.on('data', (chunk) => {
        text += chunk
      })
      request.on('end', () => {
        bodies.push(text)
        json(reply, count === 1 ? 503 : 200, {})
      })
    })
    let opened = 0
    await makeTransport(server).upload({
      path: '/file',
      bytes: 5,
      open: () => {
        opened += 1
        return 'hello'
      },
    })
    expect(bodies).toEqual(['hello', 'hello'])
    expect(opened).toBe(2)
  })
})
