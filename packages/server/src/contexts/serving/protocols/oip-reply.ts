import { rawBytesOf } from '../runtime/raw-tensor.js'
import type { Tensor } from '../runtime/tensor.js'
import { jsonText } from './tensor-values.js'

export interface AnsweredTensors {
  readonly model: string
  readonly version: string
  readonly id: string | undefined
  readonly outputs: readonly Tensor[]
  readonly isBinary: (name: string) => boolean
}

/** An answer as bytes; `jsonBytes` stands in its header where blocks follow the JSON. */
export interface InferenceReply {
  readonly body: string | Buffer
  readonly jsonBytes: number | undefined
}

/** Writes an answer of the Open Inference Protocol. Whole numbers of 64 bits keep all their digits. */
export function writeInferenceReply({ model, version, id, outputs, isBinary }: AnsweredTensors): InferenceReply {
  const blocks: Uint8Array[] = []
  const tensors = outputs.map((tensor) => {
    const { name, datatype, shape } = tensor
    const head = `{"name":${JSON.stringify(name)},"datatype":"${datatype}","shape":[${shape.join(',')}]`
    if (!isBinary(name)) return `${head},"data":[${jsonText(tensor)}]}`
    const block = rawBytesOf(tensor)
    blocks.push(block)
    return `${head},"parameters":{"binary_data_size":${block.length}}}`
  })
  const names = `"model_name":${JSON.stringify(model)},"model_version":${JSON.stringify(version)}`
  const json = `{${names},${id === undefined ? '' : `"id":${JSON.stringify(id)},`}"outputs":[${tensors.join(',')}]}`
  if (blocks.length === 0) return { body: json, jsonBytes: undefined }
  const head = Buffer.from(json, 'utf8')
  return { body: Buffer.concat([head, ...blocks]), jsonBytes: head.length }
}
