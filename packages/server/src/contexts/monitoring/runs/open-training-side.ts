import { FabriqueError, isFabriqueError, type MonitorDefinition, type ReportSide } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { getAlias, getVersionByAlias, type StoredVersion } from '../../registry/index.js'
import { resolveEmbeddings } from '../drift/embeddings.js'
import { profiledSide } from '../drift/profiled-side.js'
import type { Side } from '../drift/side.js'
import type { TrainingProfile } from '../drift/training-profile.js'
import { referenceOf, trainedRowsOf, trainingSetOf } from '../drift/training-reference.js'
import type { RunPlan } from '../model.js'
import { without, withSnapshotSide } from './open-snapshot-side.js'
import { type OpenedSide, pick } from './opened-side.js'
import { type PickedColumn, pickedSide } from './picked-side.js'

/**
 * Runs work on what a version was trained on. Of a snapshot those are the rows of the same data set that the training read; of predictions
 * its training set, by the profile that it left or the snapshot. Throws `monitor_reference_missing` where there is no version, or nothing of
 * it is left.
 */
export async function withTrainingSide<Result>(
  ctx: VerbContext,
  { definition, project, current: looked }: RunPlan,
  { alias, current }: { readonly alias: string; readonly current: OpenedSide },
  work: (side: OpenedSide) => Promise<Result>,
): Promise<Result> {
  const version = await versionOf(ctx, definition.model ?? '', alias)
  const reference = await referenceOf(ctx, version)
  const { run_id, signature } = version
  const told = { model: reference.model, version: reference.version, ...(run_id === null ? {} : { run_id }) }
  const target = definition.target ?? signature?.target.name
  if (looked.kind === 'snapshot') {
    const rows = await trainedRowsOf(ctx, reference, { project, dataset: looked.dataset })
    if ('kind' in rows && rows.kind === 'snapshot') {
      return withSnapshotSide(
        ctx,
        rows.snapshot,
        { definition, what: 'training', told, target: definition.target },
        work,
      )
    }
    const features = signature?.features.map(({ name }) => name) ?? []
    const isTrainingSet = features.length > 0 && features.every((name) => current.features.columns.has(name))
    if ('reason' in rows && !isTrainingSet) throw missing(rows.reason, rows.reason_fr)
  }
  if (reference.profile !== undefined) {
    const side = sideOfProfile(reference.profile, told)
    const { snapshot } = reference
    const wantsVectors = Object.keys(definition.embeddings ?? {}).length > 0
    const wantsRows = wantsVectors || (definition.multivariate ?? false) !== false
    if (!wantsRows || snapshot?.kind !== 'table') return work(side)
    // A profile tells of each column alone: what looks at columns together, and at vectors, needs the rows.
    return withSnapshotSide(ctx, snapshot, { definition, what: 'training', told, target }, ({ rows, features }) => {
      const vectors = columnsOfVectors(definition, { reference: features, current: current.features })
      const beside = vectors.filter((name) => !side.features.columns.has(name))
      const both = withColumnsOf(side.features, features, beside)
      return work({
        ...side,
        features: { ...both, vectors: (source) => features.vectors(source) },
        ...(rows === undefined ? {} : { rows }),
      })
    })
  }
  const set = trainingSetOf(reference)
  if ('reason' in set) throw missing(set.reason, set.reason_fr)
  if (reference.snapshot === undefined) throw missing('nothing of it is left', 'il n’en reste rien')
  // Found before a single one is unpacked: figures of pictures are no inputs of a model.
  if (reference.snapshot.kind !== 'table') throw missing(ofPictures, ofPicturesFr)
  return withSnapshotSide(ctx, reference.snapshot, { definition, what: 'training', told, target }, (side) => {
    if (signature === null) return work(side)
    const vectors = columnsOfVectors(definition, { reference: side.features, current: current.features })
    const known = new Set([...signature.features.map(({ name }) => name), ...vectors])
    const others = [...side.features.columns.keys()].filter((name) => !known.has(name))
    return work({ ...side, features: without(side.features, others) })
  })
}

/** Columns of embeddings: a vector may be looked at without being an input of the model. */
function columnsOfVectors(
  { embeddings = {} }: MonitorDefinition,
  sides: { readonly reference: Side; readonly current: Side },
): readonly string[] {
  return resolveEmbeddings(new Map(Object.entries(embeddings)), sides).flatMap(({ columns }) => columns)
}

/** A side with some columns of another one of the same rows. */
function withColumnsOf(side: Side, other: Side, names: readonly string[]): Side {
  const columns = new Map<string, PickedColumn>()
  for (const [name, column] of side.columns) columns.set(name, { side, column })
  for (const name of names) {
    const column = other.columns.get(name)
    if (column !== undefined) columns.set(name, { side: other, column })
  }
  return pickedSide(side.rowCount, columns)
}

const ofPictures =
  'it was trained on pictures, of which predictions tell nothing; compare with a past window, or the pictures themselves'
const ofPicturesFr =
  'elle a été entraînée sur des images, dont les prédictions ne disent rien\u202f; comparez à une fenêtre passée, ou les images elles-mêmes'

async function versionOf(ctx: VerbContext, model: string, alias: string): Promise<StoredVersion> {
  try {
    const named = await getAlias({ ctx, input: { model, alias } })
    return named ?? (await getVersionByAlias({ ctx, input: { model, alias: 'latest' } }))
  } catch (error) {
    if (!isFabriqueError(error)) throw error
    if (error.code === 'model_not_found')
      throw missing(`model ${model} does not exist`, `le modèle ${model} n’existe pas`)
    if (error.code === 'latest_version_not_found')
      throw missing(`model ${model} has no version`, `le modèle ${model} n’a pas de version`)
    throw error
  }
}

function sideOfProfile(profile: TrainingProfile, told: Pick<ReportSide, 'model' | 'version' | 'run_id'>): OpenedSide {
  const whole = profiledSide(profile.rows)
  const answered = profile.test === undefined ? undefined : profiledSide(profile.test)
  return {
    told: { what: 'profile', rows: profile.rows.rows, snapshot_id: profile.snapshot_id, ...told },
    features: without(whole, [profile.target]),
    target: pick(whole, profile.target),
    ...(answered === undefined ? {} : { prediction: pick(answered, 'prediction') }),
  }
}

export function missing(reason: string, reason_fr: string): FabriqueError<'monitor_reference_missing'> {
  return new FabriqueError('monitor_reference_missing', { reason, reason_fr })
}
