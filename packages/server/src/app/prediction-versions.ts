import { isFabriqueError } from '@fabrique/contract'
import type { CompactTools } from '../contexts/predictions/index.js'
import { findVersion, versionLineage } from '../contexts/registry/index.js'

/** What the registry knows of the versions in the log of predictions, which is below it. */
export const predictionVersions: CompactTools = {
  async signatureOf(ctx, model, version) {
    try {
      return (await findVersion({ ctx, input: { model, version } })).signature ?? undefined
    } catch (error) {
      if (isFabriqueError(error) && error.code === 'model_version_not_found') return undefined
      throw error
    }
  },
  versionThing: (ctx, model, version) =>
    /^[1-9]\d{0,8}$/.test(version) ? versionLineage(ctx, model, Number(version)) : Promise.resolve(undefined),
}
