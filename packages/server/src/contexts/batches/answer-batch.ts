import { join } from 'node:path'
import { isFabriqueError } from '@fabrique/contract/errors'
import { openDataEngine } from '../../platform/duckdb/index.js'
import { loadRowTools } from '../training/files.js'
import type { BatchAnswered, BatchAsked, BatchTold } from './batch-messages.js'
import type { RowColumn } from './model.js'
import { openBatchModel } from './open-batch-model.js'
import { openOwnPartFolder, spillName } from './part-folder.js'
import { keptOf } from './predict-file.js'
import { checkColumns, partRowsOf, scoreRows } from './score-rows.js'

/**
 * The process of one batch prediction: takes it as a message, tells how far it is, leaves its parts, ends. It ends with the process that
 * started it, and when it takes too much memory.
 * @param seconds a clock that never goes back
 */
export function answerBatch(seconds: () => number): void {
  const tell = (message: BatchTold, sent?: () => void) => process.send?.(message, () => sent?.())
  process.once('message', (asked: BatchAsked) => {
    const end = (message: BatchTold) => tell(message, () => process.exit(0))
    answer(asked, seconds, tell).then(
      (answered) => end({ kind: 'done', answered }),
      (error: unknown) => end(failureOf(error)),
    )
  })
  process.once('disconnect', () => process.exit(0))
}

async function answer(
  asked: BatchAsked,
  seconds: () => number,
  tell: (message: BatchTold) => void,
): Promise<BatchAnswered> {
  ;(await loadRowTools()).watchMemory(asked.memoryBytesMax)
  const engine = openDataEngine({ tempFolder: join(asked.folder, spillName), threads: asked.threads })
  try {
    return await engine.use(async (connection) => {
      // Times without a zone are UTC wherever this runs.
      await connection.run("set TimeZone = 'UTC'")
      const { rows, model: given } = asked
      const kept = keptOf(rows.columns, asked.kept)
      const clock = { now: () => new Date(0), monotonicMs: () => seconds() * 1000 }
      const model = await openBatchModel({
        ...given,
        python: given.python === undefined ? undefined : { ...given.python, clock },
        rowColumns: rows.columns.map(({ name }) => name),
        threads: asked.threads,
      })
      try {
        checkColumns({ model, rows, kept })
        const partRows = partRowsOf(model, asked.partRows)
        const plan = { ...asked.identity, columns: kept.map(({ name }) => name), part_rows: partRows }
        const folder = await openOwnPartFolder(asked.folder, plan)
        const counts = await scoreRows({
          connection,
          model,
          rows,
          refusedBy: asked.refusedBy,
          kept,
          folder,
          partRows,
          rejectedMax: asked.rejectedMax,
          language: asked.language,
          seconds,
          onProgress: (progress) => tell({ kind: 'progress', progress }),
        })
        const parts = folder.parts.map(({ predicted, rejected }, part) => ({
          rows: folder.rowsOf(part),
          rejected: rejected === 0 ? undefined : folder.rejectedOf(part),
          predicted,
        }))
        const columns: RowColumn[] = [...kept, ...model.predicted]
        return { ...counts, parts, columns }
      } finally {
        await model.release()
      }
    })
  } finally {
    await engine.close()
  }
}

function failureOf(error: unknown): BatchTold {
  if (isFabriqueError(error)) return { kind: 'failed', code: error.code, params: error.params }
  const reason = error instanceof Error ? error.message : String(error)
  return { kind: 'failed', code: 'batch_crashed', params: { reason } }
}
