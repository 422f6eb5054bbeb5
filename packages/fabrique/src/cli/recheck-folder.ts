import { request } from 'node:http'
import type { FilesAdded } from '@fabrique/contract'
import { isFilesAdded } from './is-files-added.js'
import { type AskFlags, serverUrl } from './server-url.js'

const waitMsMax = 30_000

/**
 * Asks a server whether a folder gives the snapshot that it gave before. Undefined where it does not, where that cannot be told, and where
 * anything is wrong: whoever adds the folder then is told what. Needs no schema and no client, so that it starts at once.
 */
export async function recheckFolder(
  path: string,
  flags: AskFlags & { readonly name: string },
): Promise<FilesAdded | undefined> {
  const [project, dataset, ...more] = flags.name.split('/')
  if (!project || !dataset || more.length > 0) return undefined
  const base = serverUrl(flags).replace(/\/+$/, '')
  if (!base.startsWith('http://')) return undefined
  const address = `${base}/api/v1/projects/${encodeURIComponent(project)}/datasets/${encodeURIComponent(dataset)}/recheck`
  const text = await post(address, JSON.stringify({ path })).catch(() => undefined)
  return text === undefined ? undefined : readUnchanged(text)
}

/** The body of a good reply; undefined for any other. */
function post(address: string, body: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const asked = request(address, { method: 'POST', agent: false, headers, timeout: waitMsMax }, (reply) => {
      const parts: Buffer[] = []
      reply.on('data', (part: Buffer) => parts.push(part))
      reply.on('error', reject)
      reply.on('end', () => resolve(reply.statusCode === 200 ? Buffer.concat(parts).toString() : undefined))
    })
    asked.on('error', reject)
    asked.on('timeout', () => asked.destroy(new Error('No reply')))
    asked.end(body)
  })
}

function readUnchanged(text: string): FilesAdded | undefined {
  try {
    const { unchanged } = JSON.parse(text) as { readonly unchanged?: unknown }
    return isFilesAdded(unchanged) && !unchanged.is_new ? unchanged : undefined
  } catch {
    return undefined
  }
}
