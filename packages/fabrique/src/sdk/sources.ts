import type { SourceDefinition } from '@fabrique/contract'

/** A CSV file with a header line, by its path relative to the project; delimiter and quotes are detected. */
export function csv(path: string): SourceDefinition {
  return { kind: 'csv', path }
}
