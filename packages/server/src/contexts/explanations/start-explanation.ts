import { ExplanationRequest, type Job, Json, type Language, type Snapshot } from '@fabrique/contract'
import { z } from 'zod'
import { changeVerb, checkModelGrant } from '../../platform/index.js'
import { startJob } from '../jobs/index.js'
import { findRows, findSubject, type Subject } from './find-subject.js'
import { refused, wrongField } from './refused.js'

/** The kind of a job that explains. */
export const explanationJobKind = 'models.explain'

/** What such a job is given: all that was asked, of a version and of rows that do not change meanwhile. */
export const ExplanationJobInput = z.object({
  explanation_id: z.string(),
  model: z.string(),
  version: z.string(),
  snapshot_id: z.string(),
  /** Whether only the rows are meant that the version was tested on. */
  test_rows: z.boolean(),
  request: ExplanationRequest,
  requested_by: z.string(),
})
export type ExplanationJobInput = z.output<typeof ExplanationJobInput>

/**
 * Asks for an explanation. Its figures are there when the job has succeeded. Errors: `model_not_found`, `model_version_not_found`,
 * `alias_not_found`, `model_not_explainable`, `snapshot_not_found`, `snapshot_ref_not_found`, `explanation_refused`, `invalid_request`,
 * `model_not_granted`.
 */
export const startExplanation = changeVerb({
  name: 'explanations.start_explanation',
  permission: 'runs.write',
  input: z.object({
    request: ExplanationRequest,
    language: z.custom<Language>((value) => value === 'en' || value === 'fr').default('en'),
  }),
  async run({ ctx, input, unchanged }): Promise<{ job: Job; explanation_id: string }> {
    const { request, language } = input
    const subject = await findSubject(ctx, request.model)
    checkModelGrant(ctx.actor, subject.model)
    const { snapshot, testOf } = await findRows(ctx, subject, request.snapshot)
    checkRequest(request, subject, snapshot)
    const id = ctx.ids.prefixed('expl')
    // The job is the change, and records itself.
    unchanged()
    const job = await startJob({
      ctx,
      input: {
        kind: explanationJobKind,
        project: snapshot.project,
        subject: `explanations/${id}`,
        input: Json.parse({
          explanation_id: id,
          model: subject.model,
          version: subject.version,
          snapshot_id: snapshot.id,
          test_rows: testOf !== undefined,
          request,
          requested_by: ctx.actor.id,
        }),
        language,
      },
    })
    return { job, explanation_id: id }
  },
})

/** Refuses what can be known to fail before a row is read. */
function checkRequest(
  { fairness, dependence, class: named, metric }: ExplanationRequest,
  { signature }: Subject,
  { columns, row_count }: Snapshot,
): void {
  const names = new Set(columns.map(({ name }) => name))
  const missing = signature.features.find(({ name }) => !names.has(name))
  if (missing !== undefined) {
    const name = JSON.stringify(missing.name)
    throw refused(
      `the model reads ${name}, which the snapshot does not have`,
      `le modèle lit ${name}, que l’instantané n’a pas`,
    )
  }
  if (row_count < 2) {
    throw refused(`the snapshot has ${row_count} rows`, `l’instantané a ${row_count} lignes`)
  }
  const { classes, name: target } = signature.target
  const shown = classes.slice(0, 50).join(', ')
  if (named !== undefined && !classes.includes(named)) {
    throw wrongField('class', classes.length === 0 ? 'the model predicts numbers' : `must be one of ${shown}`)
  }
  const column = Array.isArray(dependence)
    ? dependence.find((name) => !signature.features.some((feature) => feature.name === name))
    : undefined
  if (column !== undefined) throw wrongField('dependence', `the model reads no column ${JSON.stringify(column)}`)
  if ((fairness !== undefined || metric !== undefined) && !names.has(target)) {
    const name = JSON.stringify(target)
    throw refused(
      `it needs the true values in column ${name}, which the snapshot does not have`,
      `il faut les vraies valeurs de la colonne ${name}, que l’instantané n’a pas`,
    )
  }
  if (fairness === undefined) return
  if (signature.task !== 'classification') {
    throw wrongField('fairness', 'rates by group are of a classifier, and this predicts numbers')
  }
  const unknown = fairness.by.find((name) => !names.has(name))
  if (unknown !== undefined) throw wrongField('fairness.by', `the snapshot has no column ${JSON.stringify(unknown)}`)
  if (fairness.favoured !== undefined && !classes.includes(fairness.favoured)) {
    throw wrongField('fairness.favoured', `must be one of ${shown}`)
  }
}
