import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FabriqueError, Problem } from '@fabrique/contract'
import { authorization } from '../client/api-key.js'

/** What a server sends at an address, as it comes. Throws the error that it answered, or `server_not_running`. */
export async function openDownload(address: URL): Promise<Readable> {
  const reply = await fetch(address, { headers: { ...authorization() } }).catch((error: unknown) => {
    throw new FabriqueError('server_not_running', { address: address.origin }, { cause: error })
  })
  if (reply.ok && reply.body !== null) return Readable.fromWeb(reply.body as never)
  const problem = Problem.safeParse(await reply.json().catch(() => undefined))
  if (problem.success) throw new FabriqueError(problem.data.code, problem.data.params as never)
  throw new FabriqueError('server_not_running', { address: address.origin })
}

/** Writes it to a file, complete or not at all; gives its size in bytes. */
export async function downloadFile(address: URL, out: string): Promise<number> {
  const content = await openDownload(address)
  const part = `${out}.part`
  try {
    await pipeline(content, createWriteStream(part))
    await rename(part, out)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  return (await stat(out)).size
}
