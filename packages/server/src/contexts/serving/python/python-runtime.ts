import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import { type MlflowModel, readMlflowModel, tensorSpecsOf } from '../mlflow-model.js'
import { checkTensors } from '../runtime/check-tensors.js'
import type { ModelRuntime, RuntimeObserver } from '../runtime/model-runtime.js'
import { rawBytesOf, readRawTensor } from '../runtime/raw-tensor.js'
import { datatypes, type Tensor, type TensorSpec } from '../runtime/tensor.js'
import { fitTensors } from './fit-tensors.js'
import { type Answer, PythonServer, type PythonServerOptions } from './python-server.js'

export interface PythonRuntimeOptions extends PythonServerOptions {
  readonly observer?: RuntimeObserver
  /** Called when the process is gone for good. */
  readonly onReleased?: () => Promise<void>
}

/** A model that a Python process of its own computes. */
export interface PythonRuntime extends ModelRuntime {
  readonly platform: 'mlflow_pyfunc'
  readonly isReady: boolean
  /** The process, while there is one. */
  readonly pid: number | undefined
  invoke: NonNullable<ModelRuntime['invoke']>
}

/**
 * Opens an MLflow model folder in a Python process of the user's own environment. Throws a plain error with the reason where Python cannot
 * load it. Beside the errors of `ModelRuntime`, requests throw `model_restarting`.
 */
export async function openPythonRuntime(options: PythonRuntimeOptions): Promise<PythonRuntime> {
  const described = readMlflowModel(await readFile(join(options.folder, 'MLmodel'), 'utf8'))
  if (!described.hasPyfunc) throw new Error(`It has no flavour python_function; it has ${described.flavors.join(', ')}`)
  const { signature } = described
  const inputs = tensorSpecsOf(signature?.inputs ?? [], 'input')
  const outputs = tensorSpecsOf(signature?.outputs ?? [], 'output')
  const server = new PythonServer(options)
  await server.start()

  const ask = async (...asked: Parameters<PythonServer['ask']>) => {
    const answer = await server.ask(...asked)
    const { queueMs, computeMs } = answer
    options.observer?.executed({ requests: 1, queueMs, computeMs })
    return answer
  }

  return {
    platform: 'mlflow_pyfunc',
    inputs,
    outputs,
    get memoryBytes() {
      return server.memoryBytes
    },
    get isReady() {
      return server.isReady
    },
    get pid() {
      return server.pid
    },

    async infer(given, names, { timeoutMs = limit('serving.wait_ms') } = {}) {
      const taken = takenInputs(described, inputs, given)
      const blocks = taken.map(rawBytesOf)
      const heads = taken.map(({ name, datatype, shape }, index) => ({
        name,
        datatype,
        shape,
        bytes: blocks[index]?.byteLength ?? 0,
      }))
      const answer = await ask({ kind: 'infer', inputs: heads }, blocks, timeoutMs)
      return askedOutputs(readOutputs(answer, { outputs, taken }), names)
    },

    async invoke({ contentType, body }, { timeoutMs = limit('serving.wait_ms') } = {}) {
      const asked = { kind: 'invoke', content_type: contentType } as const
      const { head, body: text } = await ask(asked, [body], timeoutMs)
      if (head.kind === 'scored') return { status: head.status, contentType: head.content_type, body: text }
      throw failed(head.kind === 'failed' ? head.reason : head.kind)
    },

    async release() {
      await server.release()
      await options.onReleased?.()
    },
  }
}

/** Those of the signature; without one whatever is given, each once. */
function takenInputs(
  { signature }: MlflowModel,
  specs: readonly TensorSpec[],
  given: readonly Tensor[],
): readonly Tensor[] {
  if (signature !== undefined && specs.length > 0) return fitTensors(signature.inputs, specs, given)
  if (given.length > 0) return checkTensors(given, given)
  throw new FabriqueError(
    'tensor_wrong',
    { input: 'input-0', reason: 'no input is given', reason_fr: 'aucune entrée n’est donnée' },
    { field: 'inputs' },
  )
}

function readOutputs(
  { head, body }: Answer,
  { outputs, taken }: { readonly outputs: readonly TensorSpec[]; readonly taken: readonly Tensor[] },
): readonly Tensor[] {
  if (head.kind === 'refused') {
    const input = head.input ?? taken.map(({ name }) => name).join(', ')
    throw new FabriqueError('tensor_wrong', { input, reason: head.reason }, { field: input })
  }
  if (head.kind === 'failed') throw failed(head.reason)
  if (head.kind !== 'outputs') throw failed(head.kind)
  let at = 0
  return head.outputs.map(({ name, datatype, shape, bytes }, index) => {
    const known = datatypes.find((one) => one === datatype)
    if (known === undefined) throw failed(`an output of type ${datatype}`)
    const block = body.subarray(at, at + bytes)
    at += bytes
    // An only output without a name is the one of the signature.
    const called = name ?? (outputs.length === 1 ? outputs[0]?.name : undefined) ?? `output-${index}`
    return readRawTensor(block, { name: called, datatype: known, shape })
  })
}

function askedOutputs(found: readonly Tensor[], names: readonly string[] | undefined): readonly Tensor[] {
  if (names === undefined) return found
  for (const name of names) {
    if (found.some((output) => output.name === name)) continue
    const list = found.map((output) => output.name).join(', ')
    throw new FabriqueError(
      'tensor_wrong',
      {
        input: name,
        reason: `the model has no such output; it gives ${list}`,
        reason_fr: `le modèle n’a pas cette sortie\u202f; il donne ${list}`,
      },
      { field: name },
    )
  }
  return found.filter(({ name }) => names.includes(name))
}

/** What the process raised stands in the log; its text may hold what is not for clients. */
function failed(what: string): FabriqueError {
  return new FabriqueError('model_failed', {
    reason: `its Python raised ${what}; the log of the server has more`,
    reason_fr: `son Python a levé ${what}\u202f; le journal du serveur en dit plus`,
  })
}
