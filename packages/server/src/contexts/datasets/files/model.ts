import { createHash } from 'node:crypto'
import { FabriqueError } from '@fabrique/contract'
import { pathFault } from './path-fault.js'

/** What the header of an image says. */
export interface ImageFacts {
  /** Pixels. */
  readonly width: number
  readonly height: number
  /** As `jpeg`, `png`. */
  readonly format: string
}

/** One file of a collection. */
export interface CollectionFile {
  /** Relative, with `/`. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  readonly executable: boolean
  readonly image?: ImageFacts | undefined
}

/**
 * What the table of a collection tells: of `files` path, hash, size and whether it can be executed; of `images` also width, height and
 * format; of `labelled_images` also the folder of each as its label.
 */
export type CollectionForm = 'files' | 'images' | 'labelled_images'

/** A file that is not in the collection, and why. */
export interface LeftOut {
  readonly path: string
  readonly reason: string
}

/** Throws `file_path_invalid`. */
export function checkPath(path: string): string {
  const reason = pathFault(path)
  if (reason === undefined) return path
  throw new FabriqueError('file_path_invalid', { path: path.slice(0, 200), reason })
}

/** Characters that go into a hash at once. */
const hashedAtOnce = 64 * 1024

/**
 * The content hash of a collection whose files are in the order of their paths: the same files give the same hash, whatever the machine,
 * the order in which they were found, and the version of the writer of its table.
 */
export function collectionHash(form: CollectionForm, files: readonly CollectionFile[]): string {
  const hash = createHash('sha256')
  let text = `fabrique collection 1 ${form}\n`
  for (const { path, sha256, bytes, executable } of files) {
    text += `${sha256} ${bytes} ${executable ? 'x' : '-'} ${quotedPath(path)}\n`
    if (text.length < hashedAtOnce) continue
    hash.update(text)
    text = ''
  }
  return hash.update(text).digest('hex')
}

/** A path as a text of JSON; quicker for the paths that most have. */
export function quotedPath(path: string): string {
  return /^[ !#-[\]-~]*$/.test(path) ? `"${path}"` : JSON.stringify(path)
}

/** The label of an image: the folder that it is in, empty at the top. */
export function labelOf(path: string): string {
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  return folder.slice(folder.lastIndexOf('/') + 1)
}
