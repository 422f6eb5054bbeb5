import type { ModelSignature } from '@fabrique/contract'
import { type ForeignModel, readForeignModel } from '@fabrique/ml/foreign'
import type { Clock } from '../../kernel/index.js'
import { fileSignature } from './file-signature.js'
import { huggingFaceSignature } from './hugging-face-signature.js'
import type { ModelOpener, SourceFiles } from './model-source.js'
import { rowPredictor } from './predict-rows.js'
import type { ModelRuntime } from './runtime/model-runtime.js'
import { openOnnxRuntime } from './runtime/onnx-runtime.js'
import { takesImages } from './sent-image.js'
import { signatureOfMlflow } from './signature-of-mlflow.js'
import { withImageSizes } from './with-image-sizes.js'

export interface OnnxOpenerOptions {
  readonly clock: Clock
  /** Threads that a large computation may take. */
  readonly threads: number
}

/** Opens ONNX files: those of Fabrique, those that say how they take images, and those that clients of MLflow logged. */
export function onnxOpener({ clock, threads }: OnnxOpenerOptions): ModelOpener {
  return {
    takes: ({ description }) => description === undefined || description.onnxFile !== undefined,
    async open(source, observer) {
      const { zipped, ofImages, ...file } = await onnxFile(source)
      const runtime = await openOnnxRuntime({ file, threads, clock, observer })
      try {
        const {
          signature = ofImages ??
            fitting(await huggingFaceSignature(source.files, runtime), runtime) ??
            (await signatureOfMlflow(source.description?.signature, runtime, zipped)),
        } = source
        return { runtime, signature: signature === undefined ? undefined : withImageSizes(signature, runtime.inputs) }
      } catch (error) {
        await runtime.release()
        throw error
      }
    },
  }
}

/** A signature that nobody declared, made of files beside the model; undefined where the model is not as they say: it is asked by tensors. */
function fitting(guessed: ModelSignature | undefined, runtime: ModelRuntime): ModelSignature | undefined {
  if (guessed === undefined) return undefined
  try {
    rowPredictor(runtime, withImageSizes(guessed, runtime.inputs))
    return guessed
  } catch {
    return undefined
  }
}

/** What a file says of itself, where that is of images: what it learnt of tables is known to who trained it. */
function imagesOf(content: Uint8Array): ModelSignature | undefined {
  const signature = fileSignature(content)
  return signature !== undefined && takesImages(signature) ? signature : undefined
}

/** The ONNX file of a version, with the files beside it that hold its larger tensors. */
async function onnxFile({ signature, description, files }: SourceFiles) {
  const path = description?.onnxFile ?? onlyOnnx(files.paths)
  const read = await files.read(path)
  // Any operator set that the runtime loads.
  const model = readForeignModel(read, 0)
  const content = await withTensorsOfMaps(read, model)
  const ofImages = signature === undefined ? imagesOf(read) : undefined
  const { externalFiles: names, zipped } = model
  if (names.length === 0) return { content, zipped, ofImages }
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const external = new Map<string, Uint8Array>()
  for (const name of names) {
    if (!files.paths.includes(`${folder}${name}`))
      throw new Error(`It keeps tensors in ${name}, which is not beside it`)
    external.set(name, await files.read(`${folder}${name}`))
  }
  return { content, external, zipped, ofImages }
}

/** Converters add maps by class to a classifier, which cannot be read here: the tensor that such a map is made of becomes an output too. */
async function withTensorsOfMaps(file: Uint8Array, { zipped, outputs }: ForeignModel): Promise<Uint8Array> {
  const hidden = zipped.filter(({ from }) => !outputs.some(({ name }) => name === from))
  if (hidden.length === 0) return file
  // The whole of the numerics is loaded for this only.
  const { exposeValue } = await import('@fabrique/ml')
  return hidden.reduce((content, { from }) => exposeValue(content, from), file)
}

function onlyOnnx(paths: readonly string[]): string {
  const found = paths.filter((path) => path.endsWith('.onnx'))
  const named = found.find((path) => path === 'model.onnx') ?? (found.length === 1 ? found[0] : undefined)
  if (named !== undefined) return named
  throw new Error(found.length === 0 ? 'It has no file model.onnx' : `It has several ONNX files: ${found.join(', ')}`)
}
