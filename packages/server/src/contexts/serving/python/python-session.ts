import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError, isFabriqueError } from '@fabrique/contract/errors'
import { type Clock, limit, pollUntil, present } from '../../../kernel/index.js'
import { silentLog } from '../../../platform/logs/log.js'
import { readMlflowModel } from '../mlflow-model.js'
import type { OnnxSession } from '../runtime/onnx-session.js'
import type { Tensor } from '../runtime/tensor.js'
import { openPythonRuntime } from './python-runtime.js'

export interface PythonSessionOptions {
  readonly python: string
  readonly environment: Readonly<Record<string, string>>
  /** The folder with the file `MLmodel`. */
  readonly folder: string
  readonly memoryBytesMax: number
  readonly clock: Clock
}

/** A Python process that is asked for many rows, one time after the other. */
export interface PythonSession extends Pick<OnnxSession, 'inputs' | 'outputs' | 'run' | 'release'> {
  /** Columns that the signature does not require. */
  readonly optional: ReadonlySet<string>
}

/** An only output without a name of its own is what was predicted. */
const onlyOutput = 'prediction'

/** A process that died is there again soon: nobody else waits for it, and few rows may be its death. */
const delays = { delayMs: 100, delayMsMax: 1000 }

/**
 * Opens an MLflow model folder for batches. Throws a plain error with the reason where Python cannot load it, or its signature does not say what
 * it takes and gives. `run` outlives the process: where that dies for some rows it throws `model_failed`, and `batch_crashed` where it does not
 * come again, or dies time after time: then it is not the rows.
 */
export async function openPythonSession(options: PythonSessionOptions): Promise<PythonSession> {
  const { clock, folder } = options
  const { signature } = readMlflowModel(await readFile(join(folder, 'MLmodel'), 'utf8'))
  if (signature === undefined || signature.inputs.length === 0 || signature.outputs.length === 0) {
    throw new Error('Its signature does not say what it takes and gives: log it with one')
  }
  const runtime = await openPythonRuntime({
    ...options,
    model: 'batch',
    version: '',
    log: silentLog,
    bounds: { ...delays, computeMs: limit('batches.python_compute_ms') },
  })
  const [only, ...others] = runtime.outputs
  const renames = only !== undefined && others.length === 0
  const optional = signature.inputs.flatMap((field) =>
    field.kind === 'column' && !field.isRequired && field.name !== undefined ? [field.name] : [],
  )
  const ready = async () => {
    const options = { clock, waitMs: limit('serving.python_start_ms') }
    const isReady = await pollUntil(
      async () => runtime.isReady,
      (value) => value,
      options,
    )
    if (isReady) return
    const reason = 'its Python process does not start again'
    const reason_fr = 'son processus Python ne redémarre pas'
    throw new FabriqueError('batch_crashed', { reason, reason_fr })
  }
  let deaths = 0
  let deathsMax = 0
  const countDeath = (inputs: readonly Tensor[], cause: unknown) => {
    // One row among many is found by asking for halves, of which each may be its death.
    if (deaths === 0) deathsMax = limit('batches.python_deaths_max') + Math.ceil(Math.log2(rowsOf(inputs)))
    deaths += 1
    if (deaths <= deathsMax) return
    const reason = `its Python process died ${deaths} times in a row`
    const reason_fr = `son processus Python est mort ${deaths} fois de suite`
    throw new FabriqueError('batch_crashed', { reason, reason_fr }, { cause })
  }
  const ask = async (inputs: readonly Tensor[]): Promise<readonly Tensor[]> => {
    await ready()
    try {
      const outputs = await runtime.infer(inputs)
      deaths = 0
      return outputs
    } catch (error) {
      // One that took too long is ended, which is a death as well.
      if (runtime.isReady) deaths = 0
      else countDeath(inputs, error)
      if (!isFabriqueError(error) || error.code !== 'model_restarting') throw error
      const reason = 'its Python process died while it computed them'
      const reason_fr = 'son processus Python est mort en les calculant'
      throw new FabriqueError('model_failed', { reason, reason_fr }, { cause: error })
    }
  }
  return {
    inputs: runtime.inputs,
    outputs: renames ? [{ ...only, name: onlyOutput }] : runtime.outputs,
    optional: new Set(optional),
    async run(inputs, names) {
      const found = await ask(inputs)
      if (renames) return found.slice(0, 1).map((output) => ({ ...output, name: onlyOutput }))
      return names.map((name) =>
        present(
          found.find((output) => output.name === name),
          `output ${name}`,
        ),
      )
    },
    release: () => runtime.release(),
  }
}

const rowsOf = ([first]: readonly Tensor[]) => Math.max(1, first?.shape[0] ?? 1)
