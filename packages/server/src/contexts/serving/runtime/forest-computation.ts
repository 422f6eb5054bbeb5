import { type ForestFile, readForest } from '@fabrique/ml/forests'
import { assert, limit } from '../../../kernel/index.js'
import type { OnnxSession } from './onnx-session.js'
import type { Tensor } from './tensor.js'

/** Answers at once, or nothing where it is not for this to answer. */
export type ComputeNow = (inputs: readonly Tensor[], outputs: readonly string[]) => readonly Tensor[] | undefined

/** Rows that are compared with what the runtime says of them. */
const comparedRows = 512

/**
 * The trees of a file computed in this thread without the runtime: of one row they take 2 µs, and to ask the runtime takes 50. Undefined of a
 * file that computes anything else, of one that takes a fixed number of rows, and of one of which the runtime does not give the same bits.
 */
export async function forestComputation(file: Uint8Array, session: OnnxSession): Promise<ComputeNow | undefined> {
  const forest = readIfForest(file)
  if (forest === undefined || !(await agrees(forest, session))) return undefined
  const rowsMax = limit('serving.rows_at_once_max')
  return (inputs, outputs) => {
    const rows = inputs[0]?.shape[0] ?? 0
    // What inputs of different lengths mean is for the runtime to say.
    if (rows > rowsMax || inputs.some(({ shape }) => shape[0] !== rows)) return undefined
    return compute(forest, inputs, { outputs, rows })
  }
}

/** A file that cannot be read so far is none: whether it can be served is for the runtime to say. */
function readIfForest(file: Uint8Array): ForestFile | undefined {
  try {
    return readForest(file)
  } catch {
    return undefined
  }
}

function compute(
  forest: ForestFile,
  inputs: readonly Tensor[],
  { outputs, rows }: { readonly outputs: readonly string[]; readonly rows: number },
): readonly Tensor[] {
  const columns = forest.inputs.map((name, index) => {
    const given = inputs[index]?.name === name ? inputs[index] : inputs.find((input) => input.name === name)
    assert(given?.data instanceof Float32Array, `Input ${name} is no FP32`)
    return given.data
  })
  const found = forest.compute(columns, rows)
  return outputs.map((name) => {
    const data = found[forest.outputs.indexOf(name)]
    assert(data !== undefined, `There is no output ${name}`)
    return { name, datatype: data instanceof Float32Array ? 'FP32' : 'BYTES', shape: [rows], data }
  })
}

async function agrees(forest: ForestFile, session: OnnxSession): Promise<boolean> {
  const names = session.outputs.map(({ name }) => name)
  const isSame = names.length === forest.outputs.length && names.every((name) => forest.outputs.includes(name))
  const areNumbers = session.inputs.every(({ datatype, shape }) => datatype === 'FP32' && shape.length === 1)
  if (!session.hasFreeRows || !isSame || !areNumbers || session.inputs.length !== forest.inputs.length) return false
  const columns = forest.probe(comparedRows)
  const inputs = session.inputs.map((spec): Tensor => {
    const data = columns[forest.inputs.indexOf(spec.name)]
    assert(data !== undefined, `The trees have no input ${spec.name}`)
    return { ...spec, shape: [comparedRows], data }
  })
  const mine = compute(forest, inputs, { outputs: names, rows: comparedRows })
  const theirs = await session.run(inputs, names).catch(() => [])
  return (
    theirs.length > 0 &&
    theirs.every(({ data }, index) => {
      const same = mine[index]?.data
      return data.length === same?.length && Array.prototype.every.call(data, (value, at) => Object.is(value, same[at]))
    })
  )
}
