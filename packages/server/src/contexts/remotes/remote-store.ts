import type { Readable } from 'node:stream'

/** Where the description of a snapshot is on a remote. */
export interface ManifestPlace {
  readonly project: string
  readonly dataset: string
  readonly id: string
}

/** A content that goes to a remote. */
export interface OutgoingBlob {
  readonly sha256: string
  readonly bytes: number
  open(): Promise<Readable>
}

/**
 * Contents by their hashes in `blobs/<2>/<62>`, and what each snapshot consists of in `snapshots/<project>/<dataset>/<id>.json`. A content
 * or a description is there whole or not at all; a description is written after all that it names.
 */
export interface RemoteStore {
  /** Size of a content; undefined where it is not there. */
  sizeOf(sha256: string): Promise<number | undefined>
  list(): AsyncIterable<{ readonly sha256: string; readonly bytes: number }>
  put(blob: OutgoingBlob): Promise<void>
  /** Brings a content of this size to a new file; a file that is there already may be taken as its beginning. */
  fetch(sha256: string, bytes: number, path: string): Promise<void>
  /** All descriptions, or those of a project, or of one of its data sets. */
  listManifests(project?: string, dataset?: string): AsyncIterable<ManifestPlace>
  /** Undefined where it is not there. */
  readManifest(place: ManifestPlace): Promise<string | undefined>
  writeManifest(place: ManifestPlace, text: string): Promise<void>
  close(): void
}

/** Path of a content below the root of a remote. */
export const blobPath = (sha256: string) => `blobs/${sha256.slice(0, 2)}/${sha256.slice(2)}`
export const manifestPath = ({ project, dataset, id }: ManifestPlace) => `snapshots/${project}/${dataset}/${id}.json`

/** The place that a path below the root is of; undefined where it is of none. */
export function placeOf(path: string): ManifestPlace | undefined {
  const match = /^snapshots\/([a-z0-9][a-z0-9_-]{0,62})\/([a-z0-9][a-z0-9_-]{0,62})\/(snap_[0-9a-z]{1,60})\.json$/.exec(
    path,
  )
  const [, project = '', dataset = '', id = ''] = match ?? []
  return match === null ? undefined : { project, dataset, id }
}

export function hashOfPath(path: string): string | undefined {
  const match = /^blobs\/([0-9a-f]{2})\/([0-9a-f]{62})$/.exec(path)
  return match === null ? undefined : `${match[1]}${match[2]}`
}
