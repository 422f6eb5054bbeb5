import { readFile } from 'node:fs/promises'
import {
  type ClassesPredicted,
  type ExplainableModel,
  exposeValue,
  MlError,
  readExplainable,
  type Table,
  type ValuesPredicted,
} from '@fabrique/ml'
import { loadRowTools, type OpenModel } from '../training/files.js'
import type { ModelAsked } from './explainer-messages.js'
import { modelRows } from './model-rows.js'
import { refused } from './refused.js'

/** A model file that is being explained. */
export interface ExplainedModel {
  readonly signature: ModelAsked['signature']
  /** The columns that it reads, in the order of the file. */
  readonly inputs: readonly string[]
  /** What its exact contributions are computed from; null where they can only be estimated. */
  readonly exact: ExplainableModel | null
  /** The columns that it reads out of a table. Throws `explanation_refused`. */
  rowsOf(table: Table): Table
  predict(rows: Table): Promise<ClassesPredicted | ValuesPredicted>
  /** Numbers by output: a probability or score of each class, or the only value. */
  outputs(rows: Table): Promise<readonly ArrayLike<number>[]>
  /** The features that its trees or linear function see. */
  features(rows: Table): Promise<{ readonly values: Float32Array; readonly width: number }>
  release(): Promise<void>
}

/** Opens a model file. Throws `explanation_refused` for one that is damaged or does not answer as its signature says. */
export async function openExplained({ file, signature }: ModelAsked, threads: number): Promise<ExplainedModel> {
  const bytes = await readFile(file)
  const { openModel, UnscorableError } = await loadRowTools()
  let exact: ExplainableModel | null
  let open: OpenModel
  try {
    exact = readExplainable(bytes)
    const shown = exact === null ? bytes : exposeValue(bytes, exact.features)
    open = await openModel(shown, { task: signature.task, classes: signature.target.classes }, threads)
  } catch (error) {
    if (error instanceof UnscorableError) throw refused(error.why.reason, error.why.reason_fr, error)
    const reason = error instanceof Error ? error.message : String(error)
    throw refused(`its file cannot be read: ${reason}`, `son fichier ne peut pas être lu : ${reason}`, error)
  }
  const predict = async (rows: Table) => {
    try {
      return await open.predict(rows)
    } catch (error) {
      if (error instanceof UnscorableError) throw refused(error.why.reason, error.why.reason_fr, error)
      if (error instanceof MlError) throw refused(error.message, error.message, error)
      throw error
    }
  }
  return {
    signature,
    inputs: open.inputs.map(({ name }) => name),
    exact,
    rowsOf: (table) => modelRows(table, open.inputs),
    predict,
    async outputs(rows) {
      const predicted = await predict(rows)
      if (predicted.kind === 'values') return [predicted.values]
      return predicted.probabilities ?? predicted.scores ?? []
    },
    features: (rows) => open.matrix(rows, exact?.features ?? ''),
    release: () => open.release(),
  }
}
