import { FabriqueError } from '@fabrique/contract'
import { type Clock, limit } from '../../../kernel/index.js'
import { BatchQueue } from './batch-queue.js'
import { checkNamedSizes, checkTensors, refusedInputs } from './check-tensors.js'
import { forestComputation } from './forest-computation.js'
import type { ModelRuntime, RuntimeObserver } from './model-runtime.js'
import { type OnnxFile, type OnnxSession, openOnnxSession } from './onnx-session.js'
import { answersRowsAlone, probeInputs } from './probe-rows.js'
import type { Tensor, TensorSpec } from './tensor.js'
import { openThreadedSession, ThreadStoppedError } from './threaded-session.js'

export interface OnnxRuntimeOptions {
  readonly file: Omit<OnnxFile, 'threads'>
  /** Threads that a large computation may take. */
  readonly threads: number
  readonly clock: Clock
  readonly observer: RuntimeObserver
}

/** A computation of one row that takes longer is given all threads, and done elsewhere: a shorter one would only wait for them. */
const longComputationMs = 5

/** An ONNX file of any signature. Throws a plain error with the reason where it cannot be loaded. */
export async function openOnnxRuntime(options: OnnxRuntimeOptions): Promise<ModelRuntime> {
  const { clock, observer } = options
  const { session, hasAnswered, joinsRequests } = await tunedSession(options)
  const computeNow = await forestComputation(options.file.content, session)
  let isProven = hasAnswered
  const compute = async (inputs: readonly Tensor[], outputs: readonly string[]) => {
    try {
      const found = await session.run(inputs, outputs)
      isProven = true
      return found
    } catch (error) {
      throw failure(error, session.inputs, isProven)
    }
  }
  const queue = new BatchQueue({ compute, joinsRequests, clock, observer })
  const allOutputs = session.outputs.map(({ name }) => name)
  return {
    platform: 'onnxruntime_onnx',
    inputs: session.inputs,
    outputs: session.outputs,
    memoryBytes: memoryOf(options.file),
    infer(inputs, outputs, { timeoutMs = limit('serving.wait_ms') } = {}) {
      try {
        const checked = checkTensors(session.inputs, inputs)
        checkNamedSizes(session.sizeNames, checked)
        const names = namesAsked(outputs, allOutputs)
        const startedMs = clock.monotonicMs()
        const found = computeNow?.(checked, names)
        if (found === undefined) return queue.ask({ inputs: checked, outputs: names, timeoutMs })
        observer.executed({ requests: 1, queueMs: 0, computeMs: clock.monotonicMs() - startedMs })
        return Promise.resolve(found)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    get isBehind() {
      return queue.isBehind
    },
    ...(computeNow === undefined ? {} : { inferNow: computeNow }),
    release: () => session.release(),
  }
}

/**
 * A session in this thread with one thread of its own; or, where one row takes long, with all threads, and away from this one. And what is found
 * out by asking it.
 */
async function tunedSession({ file, threads, clock }: OnnxRuntimeOptions) {
  const session = await openOnnxSession({ ...file, threads: 1 })
  const tookMs = await timeOf(session, clock)
  const isLong = tookMs !== undefined && tookMs > longComputationMs
  if (isLong) await session.release()
  const tuned = isLong ? await openThreadedSession({ ...file, threads }) : session
  return { session: tuned, hasAnswered: tookMs !== undefined, joinsRequests: await answersRowsAlone(tuned) }
}

/** Shortest time of a few computations of one row; undefined where the values that are made up for it are refused. */
async function timeOf(session: OnnxSession, clock: Clock): Promise<number | undefined> {
  const inputs = probeInputs(session.inputs, { rows: 1, seed: 1 })
  const outputs = session.outputs.map(({ name }) => name)
  let shortestMs: number | undefined
  try {
    for (let round = 0; round < 4 && (shortestMs ?? longComputationMs) >= longComputationMs; round += 1) {
      const startedMs = clock.monotonicMs()
      await session.run(inputs, outputs)
      shortestMs = Math.min(shortestMs ?? Number.POSITIVE_INFINITY, clock.monotonicMs() - startedMs)
    }
  } catch {
    return undefined
  }
  return shortestMs
}

function namesAsked(asked: readonly string[] | undefined, all: readonly string[]): readonly string[] {
  if (asked === undefined || asked.length === 0) return all
  const unknown = asked.find((name) => !all.includes(name))
  if (unknown === undefined) return all.filter((name) => asked.includes(name))
  const list = all.join(', ')
  const reason = `the model gives no such output; it gives ${list}`
  const reason_fr = `le modèle n’a pas cette sortie\u202f; il donne ${list}`
  throw new FabriqueError('tensor_wrong', { input: unknown, reason, reason_fr }, { field: 'outputs' })
}

/** What the runtime says, without the addresses of its sources. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/\/[\w./-]+\.(?:cc|h):\d+\s*/g, '').slice(0, 500)
}

/** A computation that worked before and fails now was given values that it cannot take; memory that is used up is no such. */
function failure(error: unknown, inputs: readonly TensorSpec[], isProven: boolean): FabriqueError {
  const reason = reasonOf(error)
  if (error instanceof ThreadStoppedError) return new FabriqueError('model_failed', { reason }, { cause: error })
  const isOfInputs = /INVALID_ARGUMENT|Got invalid dimensions|Unexpected input data type/.test(reason)
  const isOfMemory = /bad_alloc|allocate memory/i.test(reason)
  if (isOfInputs || (isProven && !isOfMemory)) return refusedInputs(inputs, reason, error)
  return new FabriqueError('model_failed', { reason }, { cause: error })
}

/** The tensors stand in memory once as they are in the file, and once as the computations want them. */
function memoryOf({ content, external }: OnnxRuntimeOptions['file']): number {
  let bytes = content.byteLength
  for (const data of external?.values() ?? []) bytes += data.byteLength
  return 2 * bytes + 1024 * 1024
}
