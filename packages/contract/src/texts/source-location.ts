import type { SourceDefinition } from '../schemas/source.js'

/** Where a source is, in few words, for people. */
export function sourceLocation(source: SourceDefinition): string {
  switch (source.kind) {
    case 'csv':
    case 'parquet':
    case 'json':
      return source.paths.join(', ')
    case 'http':
      return source.files.map(({ url }) => url).join(', ')
    case 'postgres':
      return source.url_env
    case 's3':
      return source.uri
    case 'images':
    case 'files':
      return source.path
    case 'synthetic':
      return `${source.generator}, ${source.rows}`
    case 'custom':
      return source.driver
  }
}
