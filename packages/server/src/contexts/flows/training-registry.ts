import { blockingFinding, keepTrainingProfile } from '../monitoring/index.js'
import { championAlias, getAlias, moveAlias, registerVersion, type StoredVersion } from '../registry/index.js'
import type { Champion, TrainingRegistry } from '../training/index.js'

/** The registry as trainings use it. */
export const trainingRegistry: TrainingRegistry = {
  async register(ctx, input) {
    await keepTrainingProfile(ctx, input)
    return registerVersion({ ctx, input })
  },
  async champion(ctx, model) {
    const found = await getAlias({ ctx, input: { model, alias: championAlias } })
    return found === undefined ? undefined : toChampion(found)
  },
  async promote(ctx, { model, version, before, reason }) {
    // Where there was none, nobody else may have made one either.
    await moveAlias({ ctx, input: { model, alias: championAlias, version, expected_version: before ?? '', reason } })
  },
  async blocked(ctx, model) {
    const found = await blockingFinding(ctx, model)
    if (found === undefined) return undefined
    const { id, monitor } = found
    return {
      reason: `Not promoted: finding ${id} of monitor ${monitor} blocks promotions until it is resolved`,
      reason_fr: `Pas promue\u202f: le constat ${id} du moniteur ${monitor} bloque les promotions jusqu’à ce qu’il soit clos`,
    }
  },
}

/** A version as trainings read it. */
export function toChampion({ version, run_id, artifact_path, signature }: StoredVersion): Champion {
  return {
    version: String(version),
    runId: run_id ?? undefined,
    artifactPath: artifact_path ?? undefined,
    signature: signature ?? undefined,
  }
}
