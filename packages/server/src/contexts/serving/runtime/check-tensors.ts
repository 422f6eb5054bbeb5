import { FabriqueError } from '@fabrique/contract'
import { limit, present } from '../../../kernel/index.js'
import { arrays, type Datatype, type Tensor, type TensorData, type TensorSpec } from './tensor.js'

type Problem = { readonly en: string; readonly fr: string }

function wrong(input: string, { en, fr }: Problem): FabriqueError {
  return new FabriqueError('tensor_wrong', { input, reason: en, reason_fr: fr }, { field: input })
}

/** A computation that worked with other inputs and fails for these: what the runtime says of it. */
export function refusedInputs(specs: readonly TensorSpec[], reason: string, cause: unknown): FabriqueError {
  const input = specs.map(({ name }) => name).join(', ')
  return new FabriqueError('tensor_wrong', { input, reason }, { field: input, cause })
}

/** Whether the values are kept as this type has them. */
function isContainer(datatype: Datatype, data: TensorData): boolean {
  return datatype === 'BYTES' ? Array.isArray(data) : data instanceof arrays[datatype]
}

const shown = ({ datatype, shape }: Pick<TensorSpec, 'datatype' | 'shape'>) => `${datatype} [${shape.join(', ')}]`

/**
 * Puts the inputs of a request in the order of the model, once each is as the model says: there, of its type, of its shape, with as many
 * values as the shape has. Throws `tensor_wrong` that names the input.
 */
export function checkTensors(specs: readonly TensorSpec[], given: readonly Tensor[]): readonly Tensor[] {
  // Most give them in the order of the model.
  if (given.length === specs.length && specs.every(({ name }, index) => given[index]?.name === name)) {
    for (const [index, spec] of specs.entries()) checkTensor(spec, present(given[index], `input ${spec.name}`))
    return given
  }
  const byName = new Map<string, Tensor>()
  for (const tensor of given) {
    if (byName.has(tensor.name)) throw wrong(tensor.name, { en: 'it is given twice', fr: 'elle est donnée deux fois' })
    byName.set(tensor.name, tensor)
  }
  const names = specs.map(({ name }) => name)
  for (const name of byName.keys()) {
    if (names.includes(name)) continue
    const list = names.join(', ')
    throw wrong(name, {
      en: `the model has no such input; it takes ${list}`,
      fr: `le modèle n’a pas cette entrée\u202f; il prend ${list}`,
    })
  }
  return specs.map((spec) => {
    const tensor = byName.get(spec.name)
    if (tensor === undefined) {
      throw wrong(spec.name, {
        en: `it is missing; it is ${shown(spec)}`,
        fr: `elle manque\u202f; elle est ${shown(spec)}`,
      })
    }
    checkTensor(spec, tensor)
    return tensor
  })
}

function checkTensor(spec: TensorSpec, { datatype, shape, data }: Tensor): void {
  const { name } = spec
  if (datatype !== spec.datatype || !isContainer(datatype, data)) {
    throw wrong(name, {
      en: `it must be ${spec.datatype}, not ${datatype}`,
      fr: `elle doit être ${spec.datatype}, pas ${datatype}`,
    })
  }
  const count = elementCount(name, shape)
  // A model may leave the shape out altogether, which reads as that of a single value: the runtime then knows.
  const isFree = spec.shape.length === 0
  const fits =
    isFree ||
    (shape.length === spec.shape.length && spec.shape.every((size, index) => size === -1 || size === shape[index]))
  if (!fits) {
    const [expected, found] = [`[${spec.shape.join(', ')}]`, `[${shape.join(', ')}]`]
    throw wrong(name, {
      en: `its shape must be ${expected}, not ${found}`,
      fr: `sa forme doit être ${expected}, pas ${found}`,
    })
  }
  if (data.length !== count) {
    throw wrong(name, {
      en: `its shape [${shape.join(', ')}] has ${count} values, and ${data.length} are given`,
      fr: `sa forme [${shape.join(', ')}] a ${count} valeurs, et ${data.length} sont données`,
    })
  }
  // The runtime ends a text there without a word.
  if (isTexts(data) && data.some((text) => text.includes('\0'))) {
    throw wrong(name, {
      en: 'one of its texts holds the character U+0000, which the runtime cannot take',
      fr: 'un de ses textes contient le caractère U+0000, que le moteur ne peut pas prendre',
    })
  }
}

const isTexts = (data: TensorData): data is readonly string[] => Array.isArray(data)

/** Dimensions of one name have one size, in all inputs. Throws `tensor_wrong`. */
export function checkNamedSizes(names: readonly (readonly string[])[], tensors: readonly Tensor[]): void {
  const known = new Map<string, { readonly size: number; readonly input: string }>()
  for (const [index, { name: input, shape }] of tensors.entries()) {
    for (const [place, size] of shape.entries()) {
      const name = names[index]?.[place] ?? ''
      if (name === '') continue
      const other = known.get(name)
      if (other === undefined) known.set(name, { size, input })
      else if (other.size !== size) {
        throw wrong(input, {
          en: `its dimension ${name} is ${size}, and that of ${other.input} is ${other.size}`,
          fr: `sa dimension ${name} est ${size}, et celle de ${other.input} est ${other.size}`,
        })
      }
    }
  }
}

/** Values of a shape of a request. Throws `tensor_wrong` for dimensions that are no size, and for too many values. */
export function elementCount(name: string, shape: readonly number[]): number {
  const max = limit('serving.tensor_elements_max')
  let count = 1
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 1) {
      throw wrong(name, {
        en: `its shape [${shape.join(', ')}] holds ${size}; each dimension is a whole number from 1`,
        fr: `sa forme [${shape.join(', ')}] contient ${size}\u202f; chaque dimension est un entier à partir de 1`,
      })
    }
    count *= size
    if (count > max) {
      throw wrong(name, {
        en: `its shape [${shape.join(', ')}] has more values than the limit of ${max}`,
        fr: `sa forme [${shape.join(', ')}] a plus de valeurs que la limite de ${max}`,
      })
    }
  }
  return count
}
