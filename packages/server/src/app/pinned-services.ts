import { championAlias, listAliasTargets } from '../contexts/registry/index.js'
import type { VerbContext } from '../platform/index.js'

/** The versions of feature services of a project that the champions of models look their features up in. */
export async function pinnedServices(ctx: VerbContext, project: string) {
  const champions = await listAliasTargets({ ctx, input: { alias: championAlias } })
  return champions.flatMap(({ signature }) => {
    const lookup = signature?.feature_lookup
    if (lookup?.project !== project) return []
    return [{ service: lookup.service, version: lookup.service_version }]
  })
}
