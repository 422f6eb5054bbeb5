import { FabriqueError, type SourceDefinition, type SourceKind } from '@fabrique/contract'
import { customDriver } from './custom-driver.js'
import { fileDriver } from './file-driver.js'
import { httpDriver } from './http-driver.js'
import { postgresDriver } from './postgres-driver.js'
import { s3Driver } from './s3-driver.js'
import type { SourceDriver, SourceListing, SourceScope } from './source-driver.js'
import { syntheticDriver } from './synthetic-driver.js'

type Drivers = { readonly [Kind in SourceKind]?: SourceDriver<Kind> }

/** The driver of each kind of source. */
export const sourceDrivers: Drivers = {
  csv: fileDriver('csv'),
  parquet: fileDriver('parquet'),
  json: fileDriver('json'),
  http: httpDriver,
  s3: s3Driver,
  postgres: postgresDriver,
  synthetic: syntheticDriver,
  custom: customDriver,
}

/** What a source holds now, by the driver of its kind. Throws `source_kind_unknown` and what the driver throws. */
export function listSource(source: SourceDefinition, scope: SourceScope): Promise<SourceListing> {
  // The table pairs each kind with its driver; the type checker cannot follow that through a union.
  const driver = sourceDrivers[source.kind] as SourceDriver | undefined
  if (driver === undefined)
    throw new FabriqueError('source_kind_unknown', { kind: source.kind, dataset: scope.dataset })
  return driver.list(source, scope)
}
