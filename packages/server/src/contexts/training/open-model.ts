import { Worker } from 'node:worker_threads'
import type { ClassesPredicted, Experiment, Table, ValuesPredicted } from '@fabrique/ml'
import { takeTableRows } from '@fabrique/ml'
import { Answers, batchRows, feedsOf, type MakeTensor, outputsOf } from './score-file.js'

/** A model file that answers as often as it is asked. */
export interface OpenModel {
  /** What it reads: the element type of each column. */
  readonly inputs: readonly { readonly name: string; readonly type: string }[]
  /** Throws `UnscorableError` where the rows lack what it reads. */
  predict(rows: Table): Promise<ClassesPredicted | ValuesPredicted>
  /** A float32 matrix that it gives, row after row, and its width. */
  matrix(rows: Table, output: string): Promise<{ readonly values: Float32Array; readonly width: number }>
  release(): Promise<void>
}

/** Opens a model file. Throws `UnscorableError` for one without our outputs, and the error of the runtime. */
export async function openModel(
  file: Uint8Array,
  experiment: Pick<Experiment, 'task' | 'classes'>,
  threads: number,
): Promise<OpenModel> {
  const ort = await import('onnxruntime-node')
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: Math.max(1, threads),
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  const tensor: MakeTensor = (type, data, shape) => new ort.Tensor(type as 'float32', data, shape)
  try {
    const outputs = outputsOf(session, experiment)
    return {
      inputs: session.inputMetadata.map((input) => ({ name: input.name, type: input.isTensor ? input.type : '' })),
      async predict(rows) {
        const answers = new Answers(rows.rowCount, outputs.length, experiment.classes)
        for (let from = 0; from < rows.rowCount; from += batchRows) {
          const count = Math.min(batchRows, rows.rowCount - from)
          const result = await session.run(feedsOf(session, part(rows, from, count), tensor), outputs)
          for (const [index, name] of outputs.entries()) {
            const values = result[name]?.data
            if (values !== undefined) answers.take(index, from, values)
          }
        }
        return answers.predicted(outputs)
      },
      async matrix(rows, output) {
        const result = await session.run(feedsOf(session, rows, tensor), [output])
        return { values: result[output]?.data as Float32Array, width: result[output]?.dims[1] ?? 0 }
      },
      release: () => session.release(),
    }
  } catch (error) {
    await session.release()
    throw error
  }
}

function part(rows: Table, from: number, count: number): Table {
  if (count === rows.rowCount) return rows
  return takeTableRows(
    rows,
    Int32Array.from({ length: count }, (_, row) => from + row),
  )
}

/** Ends this process, with a word about it, once it takes more memory. */
export function watchMemory(bytesMax: number): void {
  new Worker(new URL('./watch-process.js', import.meta.url), { workerData: { bytesMax } }).unref()
}
