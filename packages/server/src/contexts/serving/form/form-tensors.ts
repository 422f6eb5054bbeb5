import type { FeatureSpec, ModelSignature } from '@fabrique/contract'
import { tensorOfValues } from '../protocols/frame-tensors.js'
import { rawInput } from '../protocols/oip-request.js'
import { tensorWrong } from '../protocols/tensor-values.js'
import type { InferOptions } from '../runtime/model-runtime.js'
import { readText } from '../runtime/raw-tensor.js'
import type { Tensor, TensorSpec } from '../runtime/tensor.js'
import { imageLayout, type RefuseImage } from './image-layout.js'
import { imageTensor } from './image-tensor.js'
import { type Form, type FormPart, isFile } from './parse-multipart.js'

/** What is known of the model, and how long its images may wait. */
export interface FormModel extends InferOptions {
  readonly signature?: ModelSignature | undefined
}

/**
 * The inputs of a model out of a form, each field under the name of its input: a text, or several under one name; images, taken as the signature
 * says where there is one; or a file of `application/octet-stream` with the values as a little-endian block. Throws `tensor_wrong`.
 */
export async function formTensors(
  { parts }: Form,
  specs: readonly TensorSpec[],
  { signature, timeoutMs }: FormModel = {},
): Promise<readonly Tensor[]> {
  const names = [...new Set(parts.map(({ name }) => name))]
  const tensors: Tensor[] = []
  for (const name of names) {
    const spec = specs.find((one) => one.name === name)
    if (spec === undefined) {
      const known = specs.map((one) => one.name).join(', ')
      throw tensorWrong(
        name,
        `the model has no such input; it takes ${known}`,
        `le modèle n’a pas cette entrée\u202f; il prend ${known}`,
      )
    }
    tensors.push(
      await tensorOfParts(
        spec,
        parts.filter((part) => part.name === name),
        { feature: signature?.features.find((feature) => feature.name === name), timeoutMs },
      ),
    )
  }
  return tensors
}

interface PartTaking extends InferOptions {
  readonly feature: FeatureSpec | undefined
}

async function tensorOfParts(
  spec: TensorSpec,
  parts: readonly FormPart[],
  { feature, timeoutMs }: PartTaking,
): Promise<Tensor> {
  const [first] = parts
  const types = new Set(parts.map(({ type }) => type))
  if (first === undefined || types.size > 1) {
    throw tensorWrong(spec.name, 'its fields are of several types', 'ses champs sont de plusieurs types')
  }
  // Clients may send a file without a type; a block says that it is one.
  const isSaidToBe = feature?.type === 'image' && isFile(first) && first.type !== 'application/octet-stream'
  if (isSaidToBe || first.type.startsWith('image/')) {
    const refuse: RefuseImage = ({ en, fr }) => tensorWrong(spec.name, en, fr)
    const files = parts.map(({ content }) => content)
    return imageTensor(files, { spec, layout: imageLayout(spec, feature?.image ?? {}, refuse), refuse, timeoutMs })
  }
  if (first.type.startsWith('text/')) {
    return tensorOfValues(
      spec,
      parts.map(({ content }) => readText(content, spec.name)),
      true,
    )
  }
  if (first.type === 'application/octet-stream' && parts.length === 1) return rawInput(first.content, spec)
  throw tensorWrong(
    spec.name,
    `fields are texts, images, or one file of application/octet-stream, not ${first.type}`,
    `les champs sont des textes, des images ou un seul fichier application/octet-stream, pas ${first.type}`,
  )
}
