import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBundle } from './find-bundle.js'

/** The path of a compiled program that stands beside a module; also where that runs from its sources in a tree that was built. */
export function findProgram(address: URL): string {
  const beside = fileURLToPath(address)
  const bundle = findBundle(basename(beside))
  if (bundle !== undefined) return bundle
  return existsSync(beside) ? beside : beside.replace(/([/\\])src([/\\]contexts[/\\])/, '$1dist$2')
}
