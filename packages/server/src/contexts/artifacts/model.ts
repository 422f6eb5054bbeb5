import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'

/** Text that is encoded more often than this is an attack. */
const decodingsMax = 10

function decodeOnce(path: string): string {
  // Bytes, not characters, and never a failure: it only has to find what hides behind an escape.
  return path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Every form that a reader who decodes once too often could see. */
function* decodings(path: string): Generator<string> {
  let text = path
  for (let count = 0; count <= decodingsMax; count += 1) {
    yield text
    const next = decodeOnce(text)
    if (next === text) return
    text = next
  }
  // Still not stable: refused by the backslash.
  yield '\\'
}

function isSafe(path: string): boolean {
  if (/[#\\\0]/.test(path) || /^[a-z]:\//i.test(path)) return false
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
}

function isStorable(path: string): boolean {
  const bytes = Buffer.from(path)
  return bytes.length <= limit('artifacts.path_bytes_max') && bytes.toString() === path
}

/**
 * Checks the complete path of a file, decoded once by who received it: relative, with /, without empty segments, `..`,
 * `#`, backslashes or NUL, also when it is decoded again. Throws `artifact_path_invalid`.
 */
export function parseArtifactPath(path: string): string {
  if (isStorable(path) && [...decodings(path)].every(isSafe)) return path
  throw new FabriqueError('artifact_path_invalid', { path: path.slice(0, 200) }, { field: 'path' })
}

/** The same for a folder; a / at the end is dropped and the empty text is the root. */
export function parseFolderPath(path: string): string {
  const folder = path.endsWith('/') ? path.slice(0, -1) : path
  return folder === '' && path !== '/' ? '' : parseArtifactPath(folder)
}

/** The folders above a path, outermost first: `a`, `a/b` for `a/b/c`. */
export function foldersAbove(path: string): readonly string[] {
  const segments = path.split('/')
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'))
}

/** Splits a complete path into the root of its run or model and the rest: `1/abc/artifacts` and `model/MLmodel`. */
export function splitRoot(path: string): { readonly root: string; readonly path: string } {
  const match = /^(.*?(?:^|\/)artifacts)\/(.+)$/s.exec(path)
  return { root: match?.[1] ?? '', path: match?.[2] ?? path }
}

const contentTypes: Readonly<Record<string, string>> = {
  csv: 'text/csv; charset=utf-8',
  gif: 'image/gif',
  gz: 'application/gzip',
  html: 'text/html; charset=utf-8',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  log: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
  pdf: 'application/pdf',
  png: 'image/png',
  py: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  webp: 'image/webp',
  xml: 'application/xml',
  yaml: 'text/plain; charset=utf-8',
  yml: 'text/plain; charset=utf-8',
  zip: 'application/zip',
}
const textNames = new Set(['MLmodel', 'MLproject', 'Dockerfile', 'LICENSE', 'README'])

/** The media type that the name of a file stands for. */
export function contentTypeOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (textNames.has(name)) return 'text/plain; charset=utf-8'
  const extension = name.slice(name.lastIndexOf('.') + 1).toLowerCase()
  return (name.includes('.') ? contentTypes[extension] : undefined) ?? 'application/octet-stream'
}

/** A `content-disposition` that makes browsers save a file and never show it as a page of this server. */
export function attachmentHeader(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const plain = name.replace(/[^\w. ()+-]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
