import type { JobProgress } from '@fabrique/contract'
import type { Table } from '@fabrique/ml'
import { loadRowTools } from '../training/files.js'
import { compareOnRows } from './compare-on-rows.js'
import { explainTable } from './explain-table.js'
import { type ExplainedModel, openExplained } from './explained-model.js'
import type {
  CompareAsked,
  ExplainAsked,
  ExplainerTask,
  LoadAsked,
  ModelAsked,
  RowsAsked,
} from './explainer-messages.js'
import { splitAgain, splitColumns } from './model-rows.js'
import { type ColumnsWanted, readBackground, readRows } from './read-rows.js'
import { explainRow, type LoadedExplainer } from './row-explainer.js'

/** What a task is carried out with. */
export interface TaskTools {
  readonly threads: number
  readonly memoryBytesMax: number
  /** Models that are loaded, by key. */
  readonly loaded: Map<string, LoadedExplainer>
  readonly onProgress?: (progress: JobProgress) => void
  readonly signal?: AbortSignal
}

/** Does what a process was asked for; gives JSON. */
export async function carryOutTask(task: ExplainerTask, tools: TaskTools): Promise<unknown> {
  switch (task.kind) {
    case 'explain':
      return explain(task, tools)
    case 'compare':
      return compare(task, tools)
    case 'load':
      return load(task, tools)
    case 'drop':
      await tools.loaded.get(task.key)?.model.release()
      tools.loaded.delete(task.key)
      return null
    case 'row': {
      const loaded = tools.loaded.get(task.key)
      if (loaded === undefined) throw new Error(`No model is loaded under ${task.key}`)
      return explainRow(loaded, task)
    }
  }
}

async function explain(task: ExplainAsked, tools: TaskTools): Promise<unknown> {
  const { testOf, rows, request } = task
  tools.onProgress?.({ stage: 'read' })
  const model = await openExplained(task.model, tools.threads)
  try {
    const wanted = [
      ...inputsOf(task.model),
      ...(request.fairness?.by ?? []),
      ...(testOf === undefined ? [] : splitColumns(testOf)),
    ]
    const table = await read(rows, { wanted, signature: model.signature }, tools)
    const among = testOf === undefined ? undefined : splitAgain(table, testOf, rows.declared).testRows
    const background = await backgroundOf(model, task.background ?? rows, tools)
    return await explainTable({
      model,
      table,
      background,
      request,
      ...(among === undefined ? {} : { among }),
      ...(tools.onProgress === undefined ? {} : { onProgress: tools.onProgress }),
      ...(tools.signal === undefined ? {} : { signal: tools.signal }),
    })
  } finally {
    await model.release()
  }
}

async function compare(task: CompareAsked, tools: TaskTools): Promise<unknown> {
  const { rows, testOf, trainedOn, seed } = task
  const first = await openExplained(task.first, tools.threads)
  try {
    const second = await openExplained(task.second, tools.threads)
    try {
      const splits = [testOf, trainedOn.first, trainedOn.second].flatMap((split) => split ?? [])
      const wanted = [...inputsOf(task.first), ...inputsOf(task.second), ...splits.flatMap(splitColumns)]
      const table = await read(rows, { wanted, signature: second.signature }, tools)
      const among = testOf === undefined ? undefined : splitAgain(table, testOf, rows.declared).testRows
      const trained = (split: typeof trainedOn.first) => {
        if (split === undefined) return undefined
        if (split === null) return Int32Array.from({ length: table.rowCount }, (_, row) => row)
        return splitAgain(table, split, rows.declared).trainRows
      }
      const [one, other] = [trained(trainedOn.first), trained(trainedOn.second)]
      return await compareOnRows({
        first,
        second,
        table,
        seed,
        trainRows: { ...(one === undefined ? {} : { first: one }), ...(other === undefined ? {} : { second: other }) },
        ...(among === undefined ? {} : { among }),
      })
    } finally {
      await second.release()
    }
  } finally {
    await first.release()
  }
}

async function load({ key, model: asked, background }: LoadAsked, tools: TaskTools): Promise<null> {
  await tools.loaded.get(key)?.model.release()
  tools.loaded.delete(key)
  const model = await openExplained(asked, tools.threads)
  try {
    const rows = background === undefined ? undefined : await backgroundOf(model, background, tools)
    tools.loaded.set(key, { model, background: rows })
    return null
  } catch (error) {
    await model.release()
    throw error
  }
}

function inputsOf({ signature }: ModelAsked): readonly string[] {
  return signature.features.map(({ name }) => name)
}

async function read({ table }: RowsAsked, wanted: ColumnsWanted, tools: TaskTools): Promise<Table> {
  const { withEngine } = await loadRowTools()
  return withEngine(tools, (connection) => readRows(connection, table, wanted))
}

async function backgroundOf(model: ExplainedModel, { table }: RowsAsked, tools: TaskTools): Promise<Table | undefined> {
  const { withEngine } = await loadRowTools()
  return withEngine({ ...tools, threads: 1 }, (connection) => readBackground(connection, table, model))
}
