import { championAlias, getAlias, moveAlias, registerVersion, type StoredVersion } from '../registry/index.js'
import type { Champion, TrainingRegistry } from '../training/index.js'

/** The registry as trainings use it. */
export const trainingRegistry: TrainingRegistry = {
  register: (ctx, input) => registerVersion({ ctx, input }),
  async champion(ctx, model) {
    const found = await getAlias({ ctx, input: { model, alias: championAlias } })
    return found === undefined ? undefined : toChampion(found)
  },
  async promote(ctx, { model, version, before, reason }) {
    // Where there was none, nobody else may have made one either.
    await moveAlias({ ctx, input: { model, alias: championAlias, version, expected_version: before ?? '', reason } })
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
