import { fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type ErrorCode, type ErrorParams, FabriqueError, type QueryResult } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { findProgram } from '../../../platform/programs/index.js'
import { type QueryGiven, runSandboxed } from './query-sandbox.js'

/** A query as its process gets it. */
export type QueryAsked = Omit<QueryGiven, 'signal'>

export type QueryAnswer =
  | { readonly ok: true; readonly result: Omit<QueryResult, 'elapsed_ms'> }
  | { readonly ok: false; readonly code: ErrorCode; readonly params: Readonly<Record<string, string | number>> }

/**
 * Runs a query in the sandbox in a process of its own, without environment, that is killed when it is late, takes too much memory or its
 * caller is gone. In a tree that was never built there is no program to start; then it runs in this process.
 */
export async function isolateQuery(given: QueryGiven): Promise<Omit<QueryResult, 'elapsed_ms'>> {
  const { signal, ...asked } = given
  const program = findProgram(new URL('./query-program.js', import.meta.url))
  if (!existsSync(program)) return runSandboxed(given)
  signal?.throwIfAborted()
  const child = fork(program, [], {
    env: {},
    execArgv: [`--max-old-space-size=${Math.round(limit('query.memory_bytes_max') / 1024 / 1024)}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  })
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  // It ends itself in time; this is for one that cannot.
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    kill()
  }, given.timeoutMs + limit('query.stop_ms'))
  try {
    const answer = await new Promise<QueryAnswer | undefined>((resolve, reject) => {
      child.once('message', (message) => resolve(message as QueryAnswer))
      child.once('error', reject)
      child.once('exit', () => resolve(undefined))
      child.send(asked, (error) => {
        if (error !== null) reject(error)
      })
    })
    signal?.throwIfAborted()
    if (answer?.ok === true) return answer.result
    if (isLate) throw new FabriqueError('query_timeout', { seconds: given.timeoutMs / 1000 })
    // A process that ended without an answer was killed by the system or by its own runtime, for its memory.
    if (answer === undefined)
      throw new FabriqueError('query_too_large', { limit_bytes: limit('query.memory_bytes_max') })
    throw new FabriqueError(answer.code, answer.params as ErrorParams<ErrorCode>)
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', kill)
    kill()
  }
}
