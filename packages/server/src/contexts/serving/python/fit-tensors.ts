import { FabriqueError } from '@fabrique/contract'
import type { MlflowField } from '../mlflow-model.js'
import { checkTensors } from '../runtime/check-tensors.js'
import type { Datatype, Tensor, TensorSpec } from '../runtime/tensor.js'

/** The types that hold every value of another; a client need not know how wide a column is. */
const widerThan: Readonly<Partial<Record<Datatype, readonly Datatype[]>>> = {
  UINT8: ['UINT16', 'UINT32', 'UINT64', 'INT16', 'INT32', 'INT64', 'FP32', 'FP64'],
  UINT16: ['UINT32', 'UINT64', 'INT32', 'INT64', 'FP32', 'FP64'],
  UINT32: ['UINT64', 'INT64', 'FP64'],
  INT8: ['INT16', 'INT32', 'INT64', 'FP32', 'FP64'],
  INT16: ['INT32', 'INT64', 'FP32', 'FP64'],
  INT32: ['INT64', 'FP64'],
  FP16: ['FP32', 'FP64'],
  FP32: ['FP64'],
}

/**
 * The inputs of a request, each once, as the signature says: columns are [rows] or [rows, 1], all of one length, and those that are not
 * required may be missing. Numbers may be of a narrower type. Throws `tensor_wrong`.
 */
export function fitTensors(
  fields: readonly MlflowField[],
  specs: readonly TensorSpec[],
  given: readonly Tensor[],
): readonly Tensor[] {
  const byName = new Map(given.map((tensor) => [tensor.name, tensor]))
  const asked = specs.flatMap((spec, index) => {
    const field = fields[index]
    const tensor = byName.get(spec.name)
    if (tensor === undefined) return field?.kind === 'column' && !field.isRequired ? [] : [spec]
    const datatype = widerThan[tensor.datatype]?.includes(spec.datatype) === true ? tensor.datatype : spec.datatype
    return [{ ...spec, datatype, shape: field?.kind === 'column' && tensor.shape.length === 2 ? [-1, 1] : spec.shape }]
  })
  const taken = checkTensors(asked, given)
  const [first] = taken
  const isTable = fields.every(({ kind }) => kind === 'column')
  for (const { name, shape } of isTable ? taken : []) {
    if (shape[0] === first?.shape[0]) continue
    throw new FabriqueError(
      'tensor_wrong',
      {
        input: name,
        reason: `it has ${shape[0]} rows, and ${first?.name} has ${first?.shape[0]}`,
        reason_fr: `elle a ${shape[0]} lignes, et ${first?.name} en a ${first?.shape[0]}`,
      },
      { field: name },
    )
  }
  return taken
}
