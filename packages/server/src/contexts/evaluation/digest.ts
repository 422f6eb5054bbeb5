import { createHash } from 'node:crypto'

/** SHA-256 in hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Changes with every change of a data set. */
export function datasetDigest(name: string, updatedMs: number): string {
  return sha256(`${name}:${updatedMs}`).slice(0, 8)
}
