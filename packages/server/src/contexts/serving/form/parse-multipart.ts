import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'

/** A field of a form: a text, or a file with what its sender calls it. */
export interface FormPart {
  readonly name: string
  readonly filename: string | undefined
  /** In lower case, without parameters; of fields without one `text/plain`. */
  readonly type: string
  readonly content: Uint8Array
}

/** Whether a field is a file: clients may send one without a type, or with one that tells nothing. */
export function isFile({ filename, type }: FormPart): boolean {
  return filename !== undefined || !(type.startsWith('text/') || type === 'application/json')
}

/** A request of `multipart/form-data` in its parts. */
export class Form {
  readonly parts: readonly FormPart[]

  constructor(parts: readonly FormPart[]) {
    this.parts = parts
  }
}

function wrong(reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field: 'form', reason }, { field: 'form' })
}

/**
 * Takes a whole body apart at its boundaries, each found by one search for its bytes: what is within a part is not looked at. Parts are views
 * of the body. Throws `invalid_request`.
 */
export function parseMultipart(body: Buffer, contentType: string): Form {
  const boundary = boundaryOf(contentType)
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  const first = delimiter.subarray(2)
  let at = body.subarray(0, first.length).equals(first) ? first.length : -1
  if (at < 0) {
    const found = body.indexOf(delimiter)
    if (found < 0) throw wrong('its boundary does not stand in the body')
    at = found + delimiter.length
  }
  const parts: FormPart[] = []
  while (!isAt(body, at, '--')) {
    // Spaces may stand between a boundary and the end of its line.
    while (body[at] === 0x20 || body[at] === 0x09) at += 1
    if (!isAt(body, at, '\r\n')) throw wrong('it is cut off, or not taken apart by its boundary')
    if (parts.length >= limit('serving.form_parts_max')) {
      throw wrong(`it has more than ${limit('serving.form_parts_max')} fields`)
    }
    const headers = endOfHeaders(body, at + 2)
    const end = body.indexOf(delimiter, headers.end - 2)
    if (end < 0) throw wrong('it is cut off: its last boundary is missing')
    parts.push({ ...readHeaders(headers.text), content: body.subarray(Math.min(headers.end, end), end) })
    at = end + delimiter.length
  }
  return new Form(parts)
}

function boundaryOf(contentType: string): string {
  const found = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType)
  const boundary = found?.[1] ?? found?.[2]
  if (boundary === undefined) throw wrong('its content type names no boundary')
  return boundary
}

function isAt(body: Buffer, at: number, text: string): boolean {
  return body.toString('latin1', at, at + text.length) === text
}

const headerEnd = Buffer.from('\r\n\r\n')

/** The headers of a part, and where its content begins. */
function endOfHeaders(body: Buffer, start: number): { readonly text: string; readonly end: number } {
  if (isAt(body, start, '\r\n')) return { text: '', end: start + 2 }
  const bytesMax = limit('serving.form_header_bytes_max')
  const place = body.subarray(start, start + bytesMax).indexOf(headerEnd)
  if (place < 0) throw wrong(`the headers of a field do not end within ${bytesMax} bytes`)
  return { text: body.toString('utf8', start, start + place), end: start + place + headerEnd.length }
}

function readHeaders(text: string): Omit<FormPart, 'content'> {
  const headers = new Map(
    text.split('\r\n').map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, Math.max(colon, 0)).trim().toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const disposition = headers.get('content-disposition') ?? ''
  const name = parameterOf(disposition, 'name')
  if (!/^form-data\s*;/i.test(disposition) || name === undefined) throw wrong('one of its fields has no name')
  const [type = ''] = (headers.get('content-type') ?? 'text/plain').split(';')
  return { name, filename: parameterOf(disposition, 'filename'), type: type.trim().toLowerCase() }
}

/** Browsers write quotes of a name as %22, other clients with a backslash before them. */
function parameterOf(header: string, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(header)
  return found?.[2] ?? found?.[1]?.replace(/\\(["\\])/g, '$1').replaceAll('%22', '"')
}
