import { FabriqueError, isFabriqueError, type RowExplanation } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import { championAlias, getAlias, getModel } from '../registry/index.js'
import { type FeatureColumns, lookUpFeatures, parseFeatures, type ReadOnline } from '../serving/index.js'
import { openExplainerLine } from './explainer-line.js'
import type { RowValue } from './explainer-messages.js'
import type { ExplainerProcess, ExplainerProcessOptions } from './explainer-process.js'
import { describeSubject, type Subject } from './find-subject.js'
import type { ExplainedRow } from './row-explainer.js'
import { withFiles } from './stage-files.js'

export interface ExplainPredictionInput {
  readonly model: string
  /** The champion without. */
  readonly alias?: string | undefined
  /** The class that is predicted without. */
  readonly className?: string | undefined
  readonly body: unknown
}

/** Explains single predictions, in a process of its own: predictions do not wait for it. */
export interface PredictionExplainer {
  /**
   * Throws what a prediction throws, `alias_not_found`, `explanation_refused`, `explanations_busy`, `explanation_timed_out`, and
   * `explanation_crashed`.
   */
  explain(input: ExplainPredictionInput): Promise<Omit<RowExplanation, 'request_id'>>
  close(): void
}

export interface PredictionExplainerOptions extends ExplainerProcessOptions {
  /** For models that look their features up by key. */
  readonly readOnline?: ReadOnline
}

/** @param ctx a context that may read registry, artifacts and snapshots */
export function openPredictionExplainer(ctx: VerbContext, options: PredictionExplainerOptions): PredictionExplainer {
  const line = openExplainerLine(options)
  /** The models that a process has, the one that was asked for last at the end. */
  const loaded = new WeakMap<ExplainerProcess, Set<string>>()

  const load = async (child: ExplainerProcess, subject: Subject): Promise<string> => {
    const key = `${subject.model}/${subject.version}/${subject.sha256}`
    const known = loaded.get(child) ?? new Set<string>()
    loaded.set(child, known)
    const timeoutMs = limit('explanations.request_ms_max')
    if (!known.has(key)) {
      const [oldest] = known
      if (oldest !== undefined && known.size >= limit('explanations.models_loaded_max')) {
        await child.ask({ kind: 'drop', key: oldest }, { timeoutMs })
        known.delete(oldest)
      }
      await withFiles(ctx, async (staged) => {
        const model = await staged.model(subject)
        const background = await staged.trainingRows(subject)
        const task = { kind: 'load', key, model, ...(background === undefined ? {} : { background }) } as const
        return child.ask(task, { timeoutMs })
      })
    }
    known.delete(key)
    known.add(key)
    return key
  }

  return {
    async explain({ model, alias, className, body }) {
      const subject = await servedSubject(ctx, model, alias)
      const target = { model, signature: subject.signature }
      const lookedUp = await lookUpFeatures(body, target, options.readOnline)
      const parsed = parseFeatures(lookedUp?.body ?? body, target)
      if (parsed.rowCount !== 1) throw new FabriqueError('too_many_rows', { found: parsed.rowCount, limit: 1 })
      const values = parsed.columns.map(firstValue)
      const { classes } = subject.signature.target
      if (className !== undefined && !classes.includes(className)) {
        const reason =
          classes.length === 0 ? 'the model predicts numbers' : `must be one of ${classes.slice(0, 50).join(', ')}`
        throw new FabriqueError('invalid_request', { field: 'class', reason }, { field: 'class' })
      }
      const explained = await line.run(async (child) => {
        const key = await load(child, subject)
        const row = { kind: 'row', key, values, ...(className === undefined ? {} : { className }) } as const
        return child.ask(row, { timeoutMs: limit('explanations.request_ms_max') })
      })
      return { model: subject.model, version: subject.version, ...toExplained(explained) }
    },
    close: () => line.close(),
  }
}

/** It was made by our own program. */
function toExplained(result: unknown): ExplainedRow {
  return result as ExplainedRow
}

/** Throws as a prediction does where there is none: `model_not_served`, `model_file_invalid`. */
async function servedSubject(ctx: VerbContext, model: string, alias: string | undefined): Promise<Subject> {
  const found = await getAlias({ ctx, input: { model, alias: alias ?? championAlias } })
  if (found === undefined) {
    if (alias === undefined) {
      throw new FabriqueError('model_not_served', { model, reason: 'none of its versions has the alias champion' })
    }
    await getModel({ ctx, input: { model } })
    throw new FabriqueError('alias_not_found', { model, alias })
  }
  try {
    return await describeSubject(ctx, found)
  } catch (error) {
    if (!isFabriqueError(error) || error.code !== 'model_not_explainable') throw error
    const { version, reason } = error.params
    throw new FabriqueError(
      'model_file_invalid',
      { model, version: String(version), reason: String(reason) },
      { cause: error },
    )
  }
}

/** The lowest int64 is a missing moment. */
const missingMoment = -(2n ** 63n)

function firstValue(column: FeatureColumns[number]): RowValue {
  const [value] = column
  if (typeof value === 'bigint') return value === missingMoment ? null : Number(value)
  if (typeof value === 'number') return Number.isNaN(value) ? null : value
  // Models of images have no subject: what they take is in no table.
  return typeof value === 'string' ? value : null
}
