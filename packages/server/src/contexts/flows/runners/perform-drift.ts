import { FabriqueError, type FlowArtifact, type Snapshot, type WorkerStep } from '@fabrique/contract'
import { type DriftReport, driftDocument, type NamedSide, type Said } from '@fabrique/ml/drift'
import { inTransaction, type VerbContext } from '../../../platform/index.js'
import { putArtifact } from '../../artifacts/index.js'
import { getSnapshot, predictionLogSource, resolveSnapshot, snapshotThing } from '../../datasets/index.js'
import { recordLineage } from '../../lineage/index.js'
import {
  type ComparedTables,
  type DriftReference,
  driftOfSnapshots,
  renderDriftReport,
  trainedRowsOf,
  trainingReference,
  trainingSetOf,
} from '../../monitoring/index.js'
import { getProject } from '../../projects/index.js'
import { getModel } from '../../registry/index.js'
import { filesKeyOf, flowFilesFolder } from '../history/flow-files.js'
import { completed, type Outcome, type StepAtWork } from './step-at-work.js'

type Work = Extract<WorkerStep, { kind: 'drift' }>

/**
 * Compares the rows of a snapshot with what a champion was trained on, or with another snapshot. The report stays with the run; the
 * result says what was found. What could not be compared is a result of its own, and never "no drift".
 */
export async function performDrift(step: StepAtWork<Work>): Promise<Outcome> {
  const { ctx, session, work } = step
  const { project } = session.run
  const current = await snapshotOf(ctx, project, work, work.current)
  const meant = await referenceOf(ctx, project, work)
  if (!('reference' in meant)) {
    const none = { reference_rows: 0, current_rows: current.row_count, tested: 0, drifted: 0, columns: [] }
    const said = { sentence: meant.reason, sentence_fr: meant.reason_fr }
    return completed({ detected: false, state: 'not_comparable', ...said, ...none })
  }
  const compared = await driftOfSnapshots(ctx, {
    reference: meant.reference,
    current,
    mode: work.mode ?? 'calibrated',
    columns: work.columns,
    among: meant.columns,
    embeddings: new Map(Object.entries(work.embeddings ?? {})),
    onlyNew: work.onlyNew === true,
    types: new Map(Object.entries(work.types ?? {})),
    methods: new Map(Object.entries(work.methods ?? {})),
    level: work.level,
    effectMin: work.effectMin,
    shareMin: work.shareMin,
    rowsMin: work.rowsMin,
    onColumn: (_, done, total) => session.reportProgress(step.name, { done, total }),
  })
  const key = filesKeyOf(step.name)
  await keepReport(step, { key, compared, current, meant })
  const { report } = compared
  return completed({
    ...decisionOf(report),
    sentence: report.why.en,
    sentence_fr: report.why.fr,
    reference_rows: report.referenceRows,
    current_rows: report.currentRows,
    tested: report.tested,
    drifted: report.drifted,
    columns: report.columns.map(({ name, type, state, method, score, threshold, drift }) => ({
      name,
      type,
      state,
      method,
      score,
      threshold,
      drift,
    })),
    report: key,
  })
}

/** A column that should have been compared and could not be is no good news, whatever the others say. */
function decisionOf({ datasetDrift, broken, columns }: DriftReport) {
  if (datasetDrift === true) return { detected: true, state: 'drift' }
  const isShort = columns.some(({ state }) => state === 'not_enough_data' || state === 'no_values')
  if (datasetDrift === null) return { detected: false, state: isShort ? 'not_enough_data' : 'not_comparable' }
  return { detected: false, state: broken > 0 ? 'not_comparable' : 'no_drift' }
}

interface Meant {
  readonly reference: DriftReference
  /** As the report names it. */
  readonly title: Said
  readonly named: NamedSide
  /** Columns of a model; undefined for all. */
  readonly columns?: readonly string[]
}

interface NotMeant {
  readonly reason: string
  readonly reason_fr: string
}

async function referenceOf(ctx: VerbContext, project: string, work: Work): Promise<Meant | NotMeant> {
  if (work.reference !== 'training') {
    const snapshot = await snapshotOf(ctx, project, work, work.reference)
    return { reference: { kind: 'snapshot', snapshot }, ...namesOf(snapshot) }
  }
  const model = await modelOf(ctx, project, work)
  const trained = await trainingReference(ctx, { model })
  if ('reason' in trained) return trained
  const isModel = work.of.kind === 'model'
  const reference = isModel
    ? trainingSetOf(trained, { wantsRows: Object.keys(work.embeddings ?? {}).length > 0 })
    : await trainedRowsOf(ctx, trained, { project, dataset: work.of.name })
  if ('reason' in reference) return reference
  const { version, profile } = trained
  if (work.onlyNew === true && !isModel && reference.kind === 'profile') {
    const name = work.of.name
    return {
      reason: `Which rows of ${name} are new is not known: the snapshot that version ${version} of ${model} was trained on was erased`,
      reason_fr: `On ne sait pas quelles lignes de ${name} sont nouvelles\u202f: l’instantané sur lequel la version ${version} de ${model} a été entraînée a été effacé`,
    }
  }
  const title = {
    en: `training of ${model}, version ${version}`,
    fr: `entraînement de ${model}, version ${version}`,
  }
  const snapshot = reference.kind === 'snapshot' ? reference.snapshot.id : profile?.snapshot_id
  return {
    reference,
    title,
    named: { model, version, ...(snapshot === undefined ? {} : { snapshot }) },
    ...(isModel && profile !== undefined ? { columns: profile.rows.columns.map(({ name }) => name) } : {}),
  }
}

function namesOf({ id, dataset, content_hash: hash }: Snapshot) {
  const name = `${dataset} ${hash.slice(0, 8)}`
  return { title: { en: name, fr: name }, named: { snapshot: id, dataset } }
}

/** By its id, or by a tag of the data set. */
function snapshotOf(ctx: VerbContext, project: string, { of }: Work, snapshot: string): Promise<Snapshot> {
  return /^snap_[0-9a-z]+$/.test(snapshot) || of.kind === 'model'
    ? getSnapshot({ ctx, input: { snapshot } })
    : resolveSnapshot({ ctx, input: { project, dataset: of.name, ref: snapshot } })
}

/** Whose training is meant. Throws `model_not_found` for a name that neither the project nor the registry has. */
async function modelOf(ctx: VerbContext, project: string, { of, trainingOf }: Work): Promise<string> {
  const { models } = (await getProject({ ctx, input: { project } })).definition
  const named = of.kind === 'model' ? of.name : trainingOf
  if (named !== undefined) {
    if (!models.some(({ name }) => name === named)) await getModel({ ctx, input: { model: named } })
    return named
  }
  const [only, ...others] = models
  if (only !== undefined && others.length === 0) return only.name
  const names = models.map(({ name }) => name).join(', ')
  throw new FabriqueError('invalid_request', {
    field: 'trainingOf',
    reason: `name the model whose training is meant: the project has ${names === '' ? 'none' : names}`,
    reason_fr: `nommez le modèle dont l’entraînement est visé\u202f: le projet a ${names === '' ? 'zéro modèle' : names}`,
  })
}

interface ToKeep {
  readonly key: string
  readonly compared: ComparedTables
  readonly current: Snapshot
  readonly meant: Meant
}

/** Files first, so that what is listed is there. Doing it again changes nothing. */
async function keepReport({ ctx, session, name }: StepAtWork<Work>, given: ToKeep): Promise<void> {
  const { key, compared, current, meant } = given
  const { report } = compared
  const { run } = session
  const now = namesOf(current)
  const page = (language: 'en' | 'fr') =>
    renderDriftReport({ ...compared, reference: meant.title[language], current: now.title[language], language })
  const files = {
    'drift.html': page('en'),
    'drift.fr.html': page('fr'),
    'drift.json': `${JSON.stringify(driftDocument(report, { reference: meant.named, current: now.named }), undefined, 2)}\n`,
  }
  const kept: Extract<FlowArtifact['content'], { kind: 'files' }>['files'] = []
  for (const [file, text] of Object.entries(files)) {
    const content = new TextEncoder().encode(text)
    await putArtifact({ ctx, input: { path: `${flowFilesFolder(run.id)}/${key}/${file}`, content } })
    const media_type = file.endsWith('.json') ? 'application/json' : 'text/html'
    kept.push({ name: file, media_type, bytes: content.length })
  }
  await session.addArtifact(key, name, {
    kind: 'files',
    title: report.why.en.slice(0, 2000),
    title_fr: report.why.fr.slice(0, 2000),
    files: kept,
    models: modelsOf(meant, current),
  })
  await tellLineage(ctx, { id: `${run.id}/${key}`, project: run.project, report, meant, current })
}

/** Those whose training or answers the report tells of. */
function modelsOf({ named, reference }: Meant, current: Snapshot): string[] {
  const snapshots = reference.kind === 'snapshot' ? [current, reference.snapshot] : [current]
  const asked = snapshots.flatMap(({ source }) => (source.kind === predictionLogSource ? [source.location] : []))
  return [...new Set([...(named.model === undefined ? [] : [named.model]), ...asked])]
}

interface Told {
  readonly id: string
  readonly project: string
  readonly report: DriftReport
  readonly meant: Meant
  readonly current: Snapshot
}

function tellLineage(ctx: VerbContext, { id, project, report, meant, current }: Told): Promise<void> {
  const to = { kind: 'drift_report' as const, id }
  const { reference } = meant
  const before = reference.kind === 'snapshot' ? [reference.snapshot] : []
  const drift = report.datasetDrift ?? 'not tested'
  const detail = { dataset: current.dataset, drift, drifted: report.drifted, tested: report.tested }
  return inTransaction(ctx, (inner) =>
    recordLineage(inner, {
      things: [
        ...[...before, current].map((snapshot) => ({ ...snapshotThing(snapshot), keep: true as const })),
        { ...to, label: `${current.dataset} ${meant.title.en}`, project, detail },
      ],
      steps: [...before, current].map((snapshot) => ({
        from: { kind: 'snapshot' as const, id: snapshot.id },
        to,
        relation: 'compared',
      })),
    }),
  )
}
