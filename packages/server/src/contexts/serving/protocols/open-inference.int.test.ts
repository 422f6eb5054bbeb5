import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type InferenceCase, openInferenceCases } from '../../../../test/support/open-inference-cases.js'
import { caseModels, type ProtocolServer, protocolServer } from '../../../../test/support/protocol-server.js'
import { mountOpenInference } from './open-inference.js'

let server: ProtocolServer
beforeAll(async () => {
  server = await protocolServer(caseModels(), [mountOpenInference])
})
afterAll(() => server?.close())

/** Sends a case as it stands, over a socket. */
async function send({ method, path, headers = {}, json, text, blocks }: InferenceCase) {
  const head = Buffer.from(text ?? (json === undefined ? '' : JSON.stringify(json)))
  const hasBody = text !== undefined || json !== undefined || blocks !== undefined
  const isBinary = blocks !== undefined && json !== undefined
  const types = isBinary
    ? { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) }
    : hasBody
      ? { 'content-type': 'application/json' }
      : {}
  const reply = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: method ?? (hasBody ? 'POST' : 'GET'),
    headers: { ...types, ...headers },
    ...(hasBody ? { body: Buffer.concat([head, Buffer.from(blocks ?? '', 'hex')]) } : {}),
  })
  const body = Buffer.from(await reply.arrayBuffer())
  const jsonBytes = reply.headers.get('inference-header-content-length')
  const end = jsonBytes === null ? body.length : Number(jsonBytes)
  return {
    status: reply.status,
    type: reply.headers.get('content-type'),
    json: body.toString('utf8', 0, end),
    blocks: body.toString('hex', end),
    jsonBytes,
  }
}

describe.each(Object.entries(openInferenceCases))('the Open Inference Protocol: %s', (_, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one: InferenceCase) => {
    const reply = await send(one)
    expect([reply.status, one.status < 400 ? '' : reply.json]).toEqual([one.status, expect.any(String)])
    if (one.error !== undefined) {
      const [code, part] = one.error
      const body = JSON.parse(reply.json)
      expect(Object.keys(body)).toEqual(['error'])
      expect(body.error).toMatch(new RegExp(`^${code}: `))
      expect(body.error).toContain(part)
      expect(body.error.length).toBeLessThan(5000)
    }
    if (one.answer !== undefined) expect(JSON.parse(reply.json)).toMatchObject(one.answer as object)
    if (one.answerText !== undefined) expect(reply.json).toContain(one.answerText)
    expect(reply.blocks).toBe(one.answerBlocks ?? '')
    expect(reply.type).toMatch(one.answerBlocks === undefined ? /^application\/json/ : /^application\/octet-stream/)
  })
})
