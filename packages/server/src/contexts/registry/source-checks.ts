import { posix } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { missingValue } from '../../platform/mlflow/index.js'
import { checkChars } from './model.js'

/** Text that is encoded more often than this is an attack. */
const decodingsMax = 10

/** What an address of model files is, as far as its text tells. */
export type ParsedSource =
  /** `runs:/RUN/path` */
  | { readonly kind: 'run'; readonly runId: string; readonly path: string }
  /** `models:/m-ID`, with a folder in it or not */
  | { readonly kind: 'logged_model'; readonly modelId: string; readonly path: string }
  /** `models:/NAME/3`, `models:/NAME/Staging`, `models:/NAME/latest`, `models:/NAME@alias` */
  | { readonly kind: 'registered'; readonly name: string; readonly suffix: string; readonly isAlias: boolean }
  /** `mlflow-artifacts:/path`: files that this server keeps */
  | { readonly kind: 'kept' }
  /** A path of some machine */
  | { readonly kind: 'local'; readonly path: string }
  /** Another store, as `s3://bucket/model` */
  | { readonly kind: 'elsewhere' }

export function sourceError(source: string, reason: string): FabriqueError {
  return new FabriqueError('model_source_invalid', { source: source.slice(0, 500), reason }, { field: 'source' })
}

const relativeReason =
  'If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.'

function decodeOnce(text: string): string {
  // Bytes, not characters, and never a failure: it only has to find what hides behind an escape.
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** The text as one sees it who decodes until nothing changes. Throws `model_source_invalid` when that has no end. */
function fullyDecoded(source: string): string {
  let text = source
  for (let count = 0; count <= decodingsMax; count += 1) {
    const next = decodeOnce(text)
    if (next === text) return text
    text = next
  }
  throw sourceError(source, relativeReason)
}

/** Refuses what leaves a folder in any reading: `..` between any separators, encoded or not, NUL, and wide dots. */
function checkTraversal(source: string): string {
  const decoded = fullyDecoded(source)
  const segments = decoded.normalize('NFKC').split(/[/\\?#;&]/)
  if (decoded.includes('\0') || segments.some((segment) => segment.trim() === '..')) {
    throw sourceError(source, relativeReason)
  }
  return decoded
}

const scheme = /^([a-z][a-z0-9+.-]+):(.*)$/is

/**
 * Reads the address of model files. Throws `model_source_invalid` for every form of a path that leaves its folder, and
 * for `runs:`, `models:` and `mlflow-artifacts:` addresses that are not of their form.
 */
export function parseSource(source: string): ParsedSource {
  if (source.trim() === '') throw missingValue('source')
  checkChars('source', source, limit('registry.source_chars_max'))
  const decoded = checkTraversal(source)
  const match = scheme.exec(source)
  const name = match?.[1]?.toLowerCase()
  const rest = match?.[2] ?? ''
  if (name === undefined) return { kind: 'local', path: source }
  if (name === 'file') return { kind: 'local', path: rest.replace(/^\/\/[^/]*/, '') }
  if (name === 'runs') return parseRun(source, rest)
  if (name === 'models') return parseModel(source, rest)
  if (name === 'mlflow-artifacts') return { kind: 'kept' }
  if (/^https?$/.test(name) && /\/mlflow-artifacts\/artifacts(\/|$)/.test(decoded)) {
    throw sourceError(source, 'Files kept by a tracking server are named by an mlflow-artifacts:/ address.')
  }
  return { kind: 'elsewhere' }
}

function parseRun(source: string, rest: string): ParsedSource {
  const match = /^\/([a-z0-9][\w-]{0,255})\/(.+)$/is.exec(rest)
  if (match === null) throw sourceError(source, 'An address of a run has the form runs:/<run_id>/<path>.')
  return { kind: 'run', runId: match[1] ?? '', path: (match[2] ?? '').replace(/\/+$/, '') }
}

function parseModel(source: string, rest: string): ParsedSource {
  const match = /^\/([^/]+)(?:\/(.+))?$/s.exec(rest)
  const [, first = '', second] = match ?? []
  if (first.trim() === '' || second?.trim() === '') {
    throw sourceError(source, 'An address of a model has the form models:/<name>/<version> or models:/<model_id>.')
  }
  if (second === undefined) {
    const at = first.lastIndexOf('@')
    if (at < 0) return { kind: 'logged_model', modelId: first, path: '' }
    return { kind: 'registered', name: first.slice(0, at), suffix: first.slice(at + 1), isAlias: true }
  }
  if (/^m-[0-9a-f]{32}$/.test(first)) return { kind: 'logged_model', modelId: first, path: second }
  if (second.includes('/')) throw sourceError(source, 'An address of a model has the form models:/<name>/<version>.')
  return { kind: 'registered', name: first, suffix: second, isAlias: false }
}

/** A local path in one form, with / and without a scheme. */
function plainPath(path: string): string {
  return posix.normalize(fullyDecoded(path).replaceAll('\\', '/')).replace(/\/+$/, '')
}

/** True when a local path is a folder or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  const inner = plainPath(path)
  const outer = plainPath(folder.replace(/^file:(\/\/[^/]*)?/i, ''))
  return outer.length > 1 && (inner === outer || inner.startsWith(`${outer}/`))
}
