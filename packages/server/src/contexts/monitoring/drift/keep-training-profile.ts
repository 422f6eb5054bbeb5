import { isFabriqueError, type ModelSignature } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb, type VerbContext } from '../../../platform/index.js'
import { findArtifact, openArtifact, putArtifact } from '../../artifacts/index.js'
import { getSnapshot, useSnapshot } from '../../datasets/index.js'
import { findVersion } from '../../registry/index.js'
import { tableSide } from './side.js'
import { ProfiledPart, profileFile, profileSide, TrainingProfile } from './training-profile.js'

export interface TrainedToProfile {
  /** The folder of the model in the artifact tree. */
  readonly artifact_path: string
  readonly signature: ModelSignature
  readonly snapshot_id: string
}

/**
 * Keeps what later data is compared with beside the model file, before the version is there: it stays when the snapshot goes. Safe to repeat.
 * A snapshot that was deleted since leaves none.
 */
export async function keepTrainingProfile(
  ctx: VerbContext,
  { artifact_path: folder, signature, snapshot_id }: TrainedToProfile,
): Promise<void> {
  const path = `${folder}/${profileFile}`
  if (await has(ctx, path)) return
  const { target, features, task } = signature
  const names = [...new Set([...features.map(({ name }) => name), target.name])]
  const rows = await unlessGone(async () => {
    const snapshot = await getSnapshot({ ctx, input: { snapshot: snapshot_id } })
    return useSnapshot(ctx, snapshot, async (connection, table) => {
      await connection.run("set TimeZone = 'UTC'")
      return profileSide(await tableSide(connection, { table, rowCount: snapshot.row_count }), names, ctx.signal)
    })
  })
  if (rows === undefined) return
  const test = await answersOf(ctx, folder)
  const profile: TrainingProfile = {
    format: 1,
    snapshot_id,
    target: target.name,
    task,
    rows,
    ...(test === undefined ? {} : { test }),
  }
  await putArtifact({ ctx, input: { path, content: new TextEncoder().encode(`${JSON.stringify(profile)}\n`) } })
}

/** What a training tells of its answers to the rows that it was tested on. */
async function answersOf(ctx: VerbContext, folder: string): Promise<ProfiledPart | undefined> {
  const path = `${folder.slice(0, folder.lastIndexOf('/'))}/reports/answers.json`
  const text = await textOf(ctx, path)
  return text === undefined ? undefined : ProfiledPart.parse(JSON.parse(text))
}

/**
 * What a version was trained on, where a training here made it; undefined of others. Errors: `model_version_not_found`, `model_not_found`,
 * `model_not_granted`.
 */
export const readTrainingProfile = readVerb({
  name: 'monitoring.read_training_profile',
  permission: 'models.read',
  input: z.object({ model: z.string(), version: z.string() }),
  async run({ ctx, input }): Promise<TrainingProfile | undefined> {
    const { artifact_path: folder } = await findVersion({ ctx, input })
    const text = folder === null ? undefined : await textOf(ctx, `${folder}/${profileFile}`)
    if (text === undefined) return undefined
    const read = TrainingProfile.safeParse(parsed(text))
    // Somebody else may have written a file of this name.
    return read.success ? read.data : undefined
  },
})

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function has(ctx: VerbContext, path: string): Promise<boolean> {
  return (await unlessGone(() => findArtifact({ ctx, input: { path } }))) !== undefined
}

async function textOf(ctx: VerbContext, path: string): Promise<string | undefined> {
  const opened = await unlessGone(() => openArtifact({ ctx, input: { path } }))
  if (opened === undefined) return undefined
  const parts: Uint8Array[] = []
  for await (const part of opened.content) parts.push(part)
  return Buffer.concat(parts).toString()
}

const gone: ReadonlySet<string> = new Set(['snapshot_not_found', 'artifact_not_found', 'blob_not_found'])

async function unlessGone<Found>(look: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await look()
  } catch (error) {
    if (isFabriqueError(error) && gone.has(error.code)) return undefined
    throw error
  }
}
