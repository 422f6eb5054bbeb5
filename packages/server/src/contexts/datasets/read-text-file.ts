import { createReadStream, createWriteStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { CsvDialect } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { type ScannedFile, scanFile } from '../../platform/plain-files/index.js'

type Encoding = NonNullable<CsvDialect['encoding']>

/** Text of a source as plain UTF-8 lines that end with `\n`, in a file of this machine. */
export interface TextFile {
  readonly path: string
  readonly scan: ScannedFile
  /** How its bytes were read. */
  readonly encoding: Encoding
  /** True where no one declared the encoding and the bytes are not UTF-8. */
  readonly isGuessed: boolean
}

type Packing = 'gzip' | 'zstd' | undefined

const labels: Readonly<Record<Encoding, string>> = {
  'utf-8': 'utf-8',
  'utf-16': 'utf-16le',
  // The standard decoder of the web reads both alike: latin-1 has no letters where windows-1252 has some.
  'latin-1': 'windows-1252',
  'windows-1252': 'windows-1252',
}

export interface PlainTextOptions {
  readonly path: string
  /** Where a copy may be written. */
  readonly target: string
  readonly encoding?: Encoding | undefined
  readonly quote?: number
  readonly signal?: AbortSignal | undefined
}

/** Text that can be read already while its bytes are still looked at. */
export interface OpenedText {
  readonly path: string
  readonly bytes: number
  /** As far as it is known. */
  readonly encoding: Encoding
  /** The text once its bytes are known; where they turn out to be of another encoding, what is at `path` is not the text. */
  readonly looked: Promise<TextFile>
}

/**
 * Brings a text file to plain UTF-8: unpacked, without byte order mark, with `\n` at the end of lines. A file that is so already is
 * not copied. Throws what reading, unpacking or writing throws.
 */
export async function plainText(options: PlainTextOptions): Promise<TextFile> {
  return (await openText(options)).looked
}

/** Like {@link plainText}, for who reads the text while it is looked at; what that throws comes with `looked`. */
export async function openText(options: PlainTextOptions): Promise<OpenedText> {
  const { path, target, signal } = options
  const scanOptions = { signal, ...(options.quote === undefined ? {} : { quote: options.quote }) }
  const packing = await packingOf(path)
  const head = await headOf(path, packing)
  const mark = markOf(head)
  const given = mark?.encoding ?? options.encoding
  const returns = given !== 'utf-16' && !head.includes(10) && head.includes(13)
  const copy = async (encoding: Encoding) => {
    const steps: Transform[] = [...unpack(packing), bound()]
    if (encoding !== 'utf-8') steps.push(decode(mark?.label ?? labels[encoding]))
    else if (mark !== undefined) steps.push(dropMark())
    if (returns) steps.push(replaceReturns())
    await pipeline([createReadStream(path, { highWaterMark: 1024 * 1024 }), ...steps, createWriteStream(target)], {
      ...(signal === undefined ? {} : { signal }),
    })
    return target
  }
  const needsCopy = packing !== undefined || mark !== undefined || returns || (given !== undefined && given !== 'utf-8')
  const first = needsCopy ? await copy(given ?? 'utf-8') : path
  const { size: bytes } = await stat(first)
  const look = async (): Promise<TextFile> => {
    const scan = await scanFile(first, scanOptions)
    // Lines of another encoding among lines of UTF-8 are broken lines; where no line is UTF-8 beyond ASCII it is the encoding.
    if (given !== undefined || scan.brokenLineCount === 0 || scan.hasUtf8Letters || scan.hasZeros) {
      return { path: first, scan, encoding: given ?? 'utf-8', isGuessed: false }
    }
    const decoded = await copy('windows-1252')
    return { path: decoded, scan: await scanFile(decoded, scanOptions), encoding: 'windows-1252', isGuessed: true }
  }
  const looked = look()
  // Who reads ahead may fail before it waits for this.
  looked.catch(() => undefined)
  return { path: first, bytes, encoding: given ?? 'utf-8', looked }
}

async function packingOf(path: string): Promise<Packing> {
  const handle = await open(path, 'r')
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    if (buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzip'
    return buffer.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : undefined
  } finally {
    await handle.close()
  }
}

const headBytes = 64 * 1024

/** The first bytes, unpacked. */
async function headOf(path: string, packing: Packing): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  const stream = createReadStream(path)
  const last = unpack(packing).reduce<NodeJS.ReadableStream>((from, step) => {
    from.on('error', (error) => step.destroy(error))
    return from.pipe(step)
  }, stream)
  try {
    for await (const part of last) {
      const chunk: Buffer = Buffer.isBuffer(part) ? part : Buffer.from(part)
      parts.push(chunk)
      bytes += chunk.length
      if (bytes >= headBytes) break
    }
  } finally {
    stream.destroy()
  }
  return Buffer.concat(parts)
}

function markOf(head: Buffer): { readonly encoding: Encoding; readonly label: string } | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', label: 'utf-8' }
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16', label: 'utf-16le' }
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16', label: 'utf-16be' }
  return undefined
}

function unpack(packing: Packing): Transform[] {
  if (packing === 'gzip') return [createGunzip()]
  return packing === 'zstd' ? [unpackZstd()] : []
}

/** Loaded at first use, since few sources are packed this way. */
function unpackZstd(): Transform {
  let push: ((chunk: Uint8Array, isLast: boolean) => void) | undefined
  const open = async (out: Transform) => {
    const { Decompress } = await import('fzstd')
    const stream = new Decompress((data) => {
      // The library uses its memory again.
      if (data.length > 0) out.push(Buffer.from(data))
    })
    push = (chunk, isLast) => stream.push(chunk, isLast)
    return push
  }
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      Promise.resolve(push ?? open(this))
        .then((feed) => feed(chunk, false))
        .then(() => done(), done)
    },
    flush(done) {
      Promise.resolve(push ?? open(this))
        .then((feed) => feed(new Uint8Array(0), true))
        .then(() => done(), done)
    },
  })
}

/** Refuses a small file that unpacks to more than a disk holds. */
function bound(): Transform {
  let bytes = 0
  const most = limit('data.unpacked_bytes_max')
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > most) done(new Error(`it unpacks to more than ${most} bytes`))
      else done(null, chunk)
    },
  })
}

function decode(label: string): Transform {
  const decoder = new TextDecoder(label)
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(decoder.decode(chunk, { stream: true }), 'utf8'))
    },
    flush(done) {
      done(null, Buffer.from(decoder.decode(), 'utf8'))
    },
  })
}

function dropMark(): Transform {
  let left = 3
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const cut = Math.min(left, chunk.length)
      left -= cut
      done(null, chunk.subarray(cut))
    },
  })
}

/** Lines of old machines end with a carriage return alone. */
function replaceReturns(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const copy = Buffer.from(chunk)
      for (let at = copy.indexOf(13); at >= 0; at = copy.indexOf(13, at + 1)) copy[at] = 10
      done(null, copy)
    },
  })
}
