import type { VerbContext } from '../../platform/index.js'
import { selectVersions } from './store.js'

/** A version that a run made. */
export interface VersionOfRun {
  readonly model: string
  readonly version: string
  readonly aliases: readonly string[]
}

/** The versions that some runs made, by run, the newest of each model first; the caller has made sure who asks. */
export async function versionsOfRuns(
  ctx: VerbContext,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly VersionOfRun[]>> {
  const found = new Map<string, VersionOfRun[]>()
  if (runIds.length === 0) return found
  for (const { run_id, model, version, aliases } of await selectVersions(ctx, { runIds, limit: 10_000 })) {
    if (run_id === null) continue
    const one = { model, version: String(version), aliases }
    const known = found.get(run_id)
    if (known === undefined) found.set(run_id, [one])
    else known.push(one)
  }
  return found
}
