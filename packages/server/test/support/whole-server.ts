import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/app/config/index.js'
import { startServer } from '../../src/app/run-server.js'
import { openTestDatabase, type TestDatabase } from './test-database.js'

/** An answer, with its body as text and, where it is that, as JSON. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body it says where it reads it
  readonly json: any
}

export interface Ask {
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** The server as users run it, on a port and with a database of its own. */
export interface WholeServer {
  readonly url: string
  readonly port: number
  readonly database: TestDatabase
  /** Sends a request, with a credential for `Authorization` where there is one; a body that is no text goes as JSON. */
  ask(method: string, path: string, ask?: Ask): Promise<Answer>
  close(): Promise<void>
}

/** For `beforeAll`; `env` are settings as the environment has them. */
export async function openWholeServer(env: Readonly<Record<string, string>> = {}): Promise<WholeServer> {
  const database = await openTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-test-server-'))
  const clear = async () => {
    await database.close()
    await rm(folder, { recursive: true, force: true })
  }
  const config = readConfig({
    flags: { port: 0, dataDir: folder },
    env: { DATABASE_URL: database.url, FABRIQUE_LOG_FORMAT: 'off', ...env },
    projectDir: folder,
  })
  try {
    const { port = 0, stop } = await startServer({ config, webFolder: join(folder, 'no-pages'), role: 'server' })
    const url = `http://127.0.0.1:${port}`
    return {
      url,
      port,
      database,
      ask: (method, path, ask) => send(method, `${url}${path}`, ask),
      async close() {
        await stop()
        await clear()
      },
    }
  } catch (error) {
    await clear()
    throw error
  }
}

async function send(method: string, url: string, { as, body, headers }: Ask = {}): Promise<Answer> {
  const isText = typeof body === 'string' || body instanceof Uint8Array
  const reply = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
      ...(as === undefined ? {} : { authorization: as }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  })
  const text = await reply.text()
  const isJson = /json/.test(reply.headers.get('content-type') ?? '') && text.trim() !== ''
  return { status: reply.status, headers: reply.headers, text, json: isJson ? jsonOf(text, url) : undefined }
}

function jsonOf(text: string, url: string) {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${url} answers with no JSON: ${text.slice(0, 200)}`, { cause: error })
  }
}
