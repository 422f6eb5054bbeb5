import { Agent, request } from 'node:http'
import { authorization } from '../client/api-key.js'

const waitMsMax = 30_000

/** Asks a server without schemas, so that the first question is asked at once. */
export interface QuickServer {
  /** The document of a good reply; undefined for any other, and where there is none. */
  ask(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown>
  /** Ends the connection, which is kept from one question to the next. */
  close(): void
}

/** Undefined for an address that it cannot ask. */
export function quickServer(url: string, language: 'en' | 'fr'): QuickServer | undefined {
  const base = url.replace(/\/+$/, '')
  if (!base.startsWith('http://')) return undefined
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  return {
    async ask(method, path, body) {
      try {
        return await exchange(`${base}${path}`, { method, agent, language, body })
      } catch {
        return undefined
      }
    },
    close: () => agent.destroy(),
  }
}

interface Question {
  readonly method: string
  readonly agent: Agent
  readonly language: string
  readonly body: object | undefined
}

function exchange(address: string, { method, agent, language, body }: Question): Promise<unknown> {
  const sent = body === undefined ? '' : JSON.stringify(body)
  const headers = {
    accept: 'application/json',
    'accept-language': language,
    ...authorization(),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(sent)) }),
  }
  return new Promise((resolve, reject) => {
    const asked = request(address, { method, agent, headers, timeout: waitMsMax }, (reply) => {
      const parts: Buffer[] = []
      reply.on('data', (part: Buffer) => parts.push(part))
      reply.on('error', reject)
      reply.on('end', () => {
        resolve(reply.statusCode === 200 ? parseJson(Buffer.concat(parts).toString()) : undefined)
      })
    })
    asked.on('error', reject)
    asked.on('timeout', () => asked.destroy(new Error('No reply')))
    asked.end(sent)
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
