import { isFabriqueError, type Snapshot } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { getSnapshot } from '../../datasets/index.js'
import { getLineage } from '../../lineage/index.js'
import { championAlias, getAlias, getModel, type StoredVersion } from '../../registry/index.js'
import type { DriftReference } from './drift-of-snapshots.js'
import { readTrainingProfile } from './keep-training-profile.js'
import type { TrainingProfile } from './training-profile.js'

/** What a version was trained on, as rows to compare with. */
export interface TrainingReference {
  readonly model: string
  readonly version: string
  /** The profile that it keeps; undefined of a version that no training here made. */
  readonly profile: TrainingProfile | undefined
  /** The snapshot that it was trained on, where it is there. */
  readonly snapshot: Snapshot | undefined
}

/** Why there is nothing to compare with. */
export interface NoReference {
  readonly reason: string
  readonly reason_fr: string
}

/** The version that an alias names, and what it was trained on. A model that was never trained has none. Throws `model_not_granted`. */
export async function trainingReference(
  ctx: VerbContext,
  { model, alias = championAlias }: { readonly model: string; readonly alias?: string | undefined },
): Promise<TrainingReference | NoReference> {
  const known = await unlessGone(() => getModel({ ctx, input: { model } }))
  const found = known === undefined ? undefined : await getAlias({ ctx, input: { model, alias } })
  if (found === undefined) {
    return {
      reason: `${model} has no ${alias}, so there is no training set to compare with`,
      reason_fr: `${model} n’a pas de ${alias}\u202f: il n’y a pas de jeu d’entraînement auquel comparer`,
    }
  }
  return referenceOf(ctx, found)
}

/** What a version was trained on. */
export async function referenceOf(ctx: VerbContext, found: StoredVersion): Promise<TrainingReference> {
  const { model, snapshot_id: snapshot } = found
  const version = String(found.version)
  return {
    model,
    version,
    profile: await readTrainingProfile({ ctx, input: { model, version } }),
    snapshot: snapshot === null ? undefined : await snapshotIfThere(ctx, snapshot),
  }
}

/** The training set itself: its profile, or the snapshot of a version that has none, or where rows are wanted that are there. */
export function trainingSetOf(
  { model, version, profile, snapshot }: TrainingReference,
  { wantsRows = false }: { readonly wantsRows?: boolean } = {},
): DriftReference | NoReference {
  if (profile !== undefined && !(wantsRows && snapshot !== undefined)) return { kind: 'profile', part: profile.rows }
  if (snapshot !== undefined) return { kind: 'snapshot', snapshot }
  return {
    reason: `What version ${version} of ${model} was trained on is not known here`,
    reason_fr: `On ne sait pas ici sur quoi la version ${version} de ${model} a été entraînée`,
  }
}

/**
 * The rows of a data set that a version was trained on: the snapshot itself, or the one that its training set was joined from. Where that is
 * gone and the training set was of the same data set, its profile.
 */
export async function trainedRowsOf(
  ctx: VerbContext,
  reference: TrainingReference,
  { project, dataset }: { readonly project: string; readonly dataset: string },
): Promise<DriftReference | NoReference> {
  const { snapshot, profile, model, version } = reference
  if (snapshot?.project === project && snapshot.dataset === dataset) return { kind: 'snapshot', snapshot }
  const trainedOn = snapshot?.id ?? profile?.snapshot_id
  const joined = trainedOn === undefined ? undefined : await joinedFrom(ctx, trainedOn, { project, dataset })
  if (joined === 'itself' && profile !== undefined) return { kind: 'profile', part: profile.rows }
  if (joined !== undefined && joined !== 'itself') {
    const found = await snapshotIfThere(ctx, joined)
    if (found !== undefined) return { kind: 'snapshot', snapshot: found }
  }
  return {
    reason: `Which rows of ${dataset} version ${version} of ${model} was trained on is not known, or their snapshot was erased`,
    reason_fr: `On ne sait pas sur quelles lignes de ${dataset} la version ${version} de ${model} a été entraînée, ou leur instantané a été effacé`,
  }
}

/** A training set is made of snapshots, and a snapshot of it: two steps up. */
const stepsUp = 2

async function joinedFrom(
  ctx: VerbContext,
  snapshot: string,
  wanted: { readonly project: string; readonly dataset: string },
): Promise<string | 'itself' | undefined> {
  const input = { kind: 'snapshot', id: snapshot, direction: 'up' as const, depth: stepsUp, limit: 1000 }
  const graph = await unlessGone(() => getLineage({ ctx, input }))
  const found = (graph?.nodes ?? [])
    .filter(
      ({ kind, project, detail }) =>
        kind === 'snapshot' && project === wanted.project && detail.dataset === wanted.dataset,
    )
    .sort((a, b) => (a.created_at < b.created_at ? 1 : -1))[0]
  return found?.id === snapshot ? 'itself' : found?.id
}

function snapshotIfThere(ctx: VerbContext, snapshot: string): Promise<Snapshot | undefined> {
  return unlessGone(() => getSnapshot({ ctx, input: { snapshot } }))
}

const gone: ReadonlySet<string> = new Set(['snapshot_not_found', 'lineage_not_found', 'model_not_found'])

async function unlessGone<Found>(look: () => Promise<Found>): Promise<Found | undefined> {
  try {
    return await look()
  } catch (error) {
    if (isFabriqueError(error) && gone.has(error.code)) return undefined
    throw error
  }
}
