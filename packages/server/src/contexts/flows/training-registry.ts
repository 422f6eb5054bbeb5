import { championAlias, getAlias, moveAlias, registerVersion } from '../registry/index.js'
import type { TrainingRegistry } from '../training/index.js'

/** The registry as trainings use it. */
export const trainingRegistry: TrainingRegistry = {
  register: (ctx, input) => registerVersion({ ctx, input }),
  async champion(ctx, model) {
    const found = await getAlias({ ctx, input: { model, alias: championAlias } })
    if (found === undefined) return undefined
    return {
      version: String(found.version),
      runId: found.run_id ?? undefined,
      artifactPath: found.artifact_path ?? undefined,
      signature: found.signature ?? undefined,
    }
  },
  async promote(ctx, { model, version, before, reason }) {
    // Where there was none, nobody else may have made one either.
    await moveAlias({ ctx, input: { model, alias: championAlias, version, expected_version: before ?? '', reason } })
  },
}
