import { rm } from 'node:fs/promises'
import { basename } from 'node:path/posix'
import { FabriqueError, type SourceDefinition } from '@fabrique/contract'
import { limit, retry } from '../../../kernel/index.js'
import { type DownloadBody, DownloadBroken, downloadPart, forgetPart } from '../../../platform/index.js'
import { type HttpReply, requestSource, unavailable } from './http-request.js'
import type { LocalFile, SourceDriver, SourceItem, SourceScope } from './source-driver.js'

type HttpSource = Extract<SourceDefinition, { kind: 'http' }>

/** What a server tells of a file before it is fetched. */
interface FileFacts {
  /** Tag or time that a later request can be tied to; weak tags cannot. */
  readonly validator: string | undefined
  /** Changes with the content; from the tag, or from time and size. */
  readonly mark: string | undefined
  readonly bytes: number | undefined
}

interface HttpFile {
  readonly url: string
  readonly sha256: string | undefined
  readonly names: { readonly path: string; readonly dataset: string }
  readonly token: string | undefined
  readonly scope: SourceScope
}

/** Requests at once while the files of a source are looked at. */
const looksAtOnce = 8

/**
 * Files of the web. A file with a declared checksum is known by it and is not asked for again; others are asked for their tag. A
 * broken download is taken up where it broke, also by the next ingest.
 * Errors: `source_not_found`, `source_denied`, `source_unavailable`, `source_address_private`, `source_too_large`,
 * `source_checksum_mismatch`, `source_secret_missing`, `source_options_invalid`.
 */
export const httpDriver: SourceDriver<'http'> = {
  kind: 'http',
  async list(source, scope) {
    const token = source.token_env === undefined ? undefined : scope.secret(source.token_env)
    const names = namesOf(source)
    const files = source.files.map(({ url, sha256 }, index): HttpFile => {
      const path = names[index] ?? url
      if (new URL(url).username !== '' || new URL(url).password !== '') {
        const reason = 'a password does not belong in an address; token_env names the variable of a token'
        throw new FabriqueError('source_options_invalid', { source: 'http', field: `files.${index}.url`, reason })
      }
      return { url, sha256, names: { path, dataset: scope.dataset }, token, scope }
    })
    const items: SourceItem[] = new Array(files.length)
    let next = 0
    const look = async () => {
      for (let index = next++; index < files.length; index = next++) {
        const file = files[index]
        if (file !== undefined) items[index] = await itemOf(file, source)
      }
    }
    await Promise.all(Array.from({ length: Math.min(looksAtOnce, files.length) }, look))
    return { items, mode: 'whole' }
  },
}

/** The addresses for people, without what may be a secret behind `?`, as long as they differ without it. */
function namesOf({ files }: HttpSource): readonly string[] {
  const short = files.map(({ url }) => {
    const { origin, pathname } = new URL(url)
    return `${origin}${pathname}`
  })
  const count = new Map<string, number>()
  for (const name of short) count.set(name, (count.get(name) ?? 0) + 1)
  return short.map((name, index) => (count.get(name) === 1 ? name : (files[index]?.url ?? name)))
}

async function itemOf(file: HttpFile, { content }: HttpSource): Promise<SourceItem> {
  const { path } = file.names
  if (file.sha256 !== undefined) {
    return {
      name: path,
      mark: `sha256:${file.sha256}`,
      format: content,
      open: (report) => fetchFile(file, undefined, report),
    }
  }
  const facts = await withRetries(file, (signal) => factsOf(file, signal))
  return {
    name: path,
    ...(facts.mark === undefined ? {} : { mark: facts.mark }),
    ...(facts.bytes === undefined ? {} : { bytes: facts.bytes }),
    format: content,
    open: (report) => fetchFile(file, facts, report),
  }
}

/** A signal that also bounds the time; the job's own one keeps its reason. */
function boundedSignal({ ctx }: SourceScope): AbortSignal {
  const deadline = AbortSignal.timeout(limit('sources.time_max_ms'))
  return ctx.signal === undefined ? deadline : AbortSignal.any([deadline, ctx.signal])
}

async function withRetries<Result>(file: HttpFile, action: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const signal = boundedSignal(file.scope)
  try {
    return await retry(() => action(signal), {
      attempts: limit('sources.attempts_max'),
      delayMs: 200,
      delayMsMax: 5_000,
      signal,
      retryable: (error) => error instanceof DownloadBroken,
    })
  } catch (error) {
    if (file.scope.ctx.signal?.aborted === true) throw file.scope.ctx.signal.reason
    if (signal.aborted) throw tookTooLong(file)
    throw error instanceof DownloadBroken ? error.toError(error.message) : error
  }
}

function tookTooLong({ names }: HttpFile): FabriqueError {
  return unavailable(names, `it took longer than ${limit('sources.time_max_ms') / 1000} s`)
}

function ask(file: HttpFile, method: 'GET' | 'HEAD', headers: Record<string, string>, signal: AbortSignal) {
  const { url, token, names } = file
  return requestSource({
    method,
    url,
    headers,
    token,
    names,
    signal,
    allowsPrivate: (hop) => file.scope.allowsPrivate(hop),
  })
}

/** What is to be known before fetching. Servers that do not answer HEAD are asked for one byte. */
async function factsOf(file: HttpFile, signal: AbortSignal): Promise<FileFacts> {
  const head = await ask(file, 'HEAD', {}, signal)
  head.message.destroy()
  if (head.status === 200) return readFacts(head, Number(head.headers['content-length'] ?? Number.NaN))
  const one = await ask(file, 'GET', { range: 'bytes=0-0' }, signal)
  one.message.destroy()
  // An empty file has no first byte.
  if (one.status === 416) return readFacts(one, totalOf(one.headers['content-range']))
  if (one.status === 206) return readFacts(one, totalOf(one.headers['content-range']))
  if (one.status === 200) return readFacts(one, Number(one.headers['content-length'] ?? Number.NaN))
  throw statusError(file, one)
}

function readFacts({ headers }: HttpReply, total: number | undefined): FileFacts {
  const { etag, 'last-modified': modified } = headers
  const bytes = total === undefined || Number.isNaN(total) ? undefined : total
  const known = etag ?? modified
  return {
    validator: etag !== undefined && !etag.startsWith('W/') ? etag : modified,
    mark: known === undefined ? undefined : `${known} ${bytes ?? '?'}`,
    bytes,
  }
}

/** Size of the whole of `bytes 0-9/100`. */
function totalOf(range: string | undefined): number | undefined {
  const total = /\/(\d+)$/.exec(range ?? '')?.[1]
  return total === undefined ? undefined : Number(total)
}

function statusError(file: HttpFile, { status }: HttpReply): Error {
  const { names } = file
  if (status === 404 || status === 410) return new FabriqueError('source_not_found', names)
  if (status === 401 || status === 403) {
    const reason = `it answers with status ${status}${file.token === undefined ? ' and no token was sent' : ''}`
    return new FabriqueError('source_denied', { path: names.path, reason })
  }
  const told = unavailable(names, `it answers with status ${status}`)
  const isPassing = status === 408 || status === 425 || status === 429 || status >= 500
  return isPassing ? new DownloadBroken(told, () => told) : told
}

async function fetchFile(
  file: HttpFile,
  listed: FileFacts | undefined,
  report: (bytes: number) => void,
): Promise<LocalFile> {
  const { scope, names } = file
  const signal = boundedSignal(scope)
  const folder = scope.ctx.blobs.stagingFolder
  let facts = listed ?? (await withRetries(file, (during) => factsOf(file, during)))
  for (let changes = 0; ; changes += 1) {
    const { validator } = facts
    // The file of a killed process is found again by what it holds; that of another data set is its own.
    const content = validator === undefined ? undefined : [scope.project, scope.dataset, file.url, validator].join('\n')
    const tooLarge = () =>
      new FabriqueError('source_too_large', { path: names.path, limit_bytes: limit('data.download_bytes_max') })
    try {
      const done = await downloadPart({
        folder,
        content,
        name: `got-${scope.ctx.ids.hex32()}-${safeName(file.url)}`,
        open: (from) => openBody(file, validator, from, signal),
        toError: (reason) => unavailable(names, reason),
        bytesMax: limit('data.download_bytes_max'),
        tooLarge,
        report,
        attempts: limit('sources.attempts_max'),
        signal,
      })
      return await checked(file, done, () => (content === undefined ? undefined : forgetPart(folder, content)))
    } catch (error) {
      if (scope.ctx.signal?.aborted === true) throw scope.ctx.signal.reason
      if (signal.aborted) throw tookTooLong(file)
      if (!(error instanceof ContentChanged)) throw error
      if (content !== undefined) await forgetPart(folder, content)
      if (changes >= limit('sources.attempts_max')) throw unavailable(names, 'its content changes while it is fetched')
      facts = error.facts
    }
  }
}

/** The file on the server is another one than it was. */
class ContentChanged extends Error {
  readonly facts: FileFacts

  constructor(facts: FileFacts) {
    super('The content changed while it was fetched')
    this.facts = facts
  }
}

async function openBody(
  file: HttpFile,
  validator: string | undefined,
  from: number,
  signal: AbortSignal,
): Promise<DownloadBody> {
  // Without a validator nobody knows whether the rest belongs to what came.
  const isRest = from > 0 && validator !== undefined
  const headers = isRest ? { range: `bytes=${from}-`, 'if-range': validator } : {}
  const reply = await ask(file, 'GET', headers, signal)
  const { message, status } = reply
  const giveUp = (error: Error) => {
    message.destroy()
    return error
  }
  if (status === 200) {
    const length = Number(reply.headers['content-length'] ?? Number.NaN)
    const facts = readFacts(reply, length)
    if (validator !== undefined && facts.validator !== validator) throw giveUp(new ContentChanged(facts))
    return { body: message, from: 0, total: facts.bytes }
  }
  if (status === 206 && isRest) {
    const found = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(reply.headers['content-range'] ?? '')
    if (found === null || Number(found[1]) !== from) {
      throw giveUp(unavailable(file.names, 'it answers with another range than was asked for'))
    }
    const facts = readFacts(reply, Number(found[3]))
    if (facts.validator !== undefined && facts.validator !== validator) throw giveUp(new ContentChanged(facts))
    return { body: message, from, total: Number(found[3]) }
  }
  const total = totalOf(reply.headers['content-range'])
  if (status === 416 && isRest && total === from) {
    message.destroy()
    return { body: nothing(), from, total }
  }
  throw giveUp(statusError(file, reply))
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // All has come already.
}

/** Refuses a content that is not the declared one. */
async function checked(
  file: HttpFile,
  done: { readonly path: string; readonly bytes: number; readonly sha256: string },
  forget: () => Promise<void> | undefined,
): Promise<LocalFile> {
  const release = () => rm(done.path, { force: true })
  if (file.sha256 === undefined || file.sha256 === done.sha256) return { ...done, release }
  await release()
  await forget()
  throw new FabriqueError('source_checksum_mismatch', {
    path: file.names.path,
    found: done.sha256,
    expected: file.sha256,
  })
}

/** The end of an address as a name of a file: its extension tells readers of compressed files what it is. */
export function safeName(address: string): string {
  const name = URL.canParse(address) ? basename(new URL(address).pathname) : basename(address)
  return name.replace(/[^\w.-]+/g, '_').slice(-80) || 'file'
}
