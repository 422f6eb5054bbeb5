import { tensorOfValues } from '../protocols/frame-tensors.js'
import { rawInput } from '../protocols/oip-request.js'
import { tensorWrong } from '../protocols/tensor-values.js'
import { readText } from '../runtime/raw-tensor.js'
import type { Tensor, TensorSpec } from '../runtime/tensor.js'
import { imageTensor } from './image-tensor.js'
import type { Form, FormPart } from './parse-multipart.js'

/**
 * The inputs of a model out of a form, each field under the name of its input: a text, or several under one name; a picture; or a file of
 * `application/octet-stream` with the values as a little-endian block. Throws `tensor_wrong`.
 */
export async function formTensors({ parts }: Form, specs: readonly TensorSpec[]): Promise<readonly Tensor[]> {
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
      ),
    )
  }
  return tensors
}

async function tensorOfParts(spec: TensorSpec, parts: readonly FormPart[]): Promise<Tensor> {
  const [first] = parts
  const types = new Set(parts.map(({ type }) => type))
  if (first === undefined || types.size > 1) {
    throw tensorWrong(spec.name, 'its fields are of several types', 'ses champs sont de plusieurs types')
  }
  if (first.type.startsWith('image/')) return imageTensor(spec, parts)
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
    `fields are texts, pictures, or one file of application/octet-stream, not ${first.type}`,
    `les champs sont des textes, des images ou un seul fichier application/octet-stream, pas ${first.type}`,
  )
}
