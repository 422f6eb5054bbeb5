import { columnNamed, type Table, type TableColumn, table } from '@fabrique/ml'
import { answersOf } from './score-file.js'
import type { ModelInput } from './training-messages.js'

/** No column holds it. */
const unseenText = '\u0000unseen'

/**
 * Which inputs of a model file may be missing, and which take texts that training did not see. A value may be missing where rows lacked it in
 * training and the file still answers; a text that nobody saw is tried.
 * @param rows those that the model was trained on
 */
export async function probeFile(
  file: Uint8Array,
  inputs: readonly ModelInput[],
  rows: Table,
): Promise<readonly ModelInput[]> {
  const probes = inputs.flatMap((input) => [
    ...(hasMissing(columnNamed(rows, input.name)) ? [{ input, value: null }] : []),
    ...(input.column === 'text' ? [{ input, value: unseenText }] : []),
  ])
  const answered = await answersOf(
    file,
    probes.map(({ input: changed, value }) =>
      table(inputs.map((input) => columnOf(input, input.name === changed.name ? value : input.example))),
    ),
  )
  const taken = (name: string, value: string | null) =>
    probes.some((probe, index) => probe.input.name === name && probe.value === value && answered[index] === true)
  return inputs.map((input) => ({
    ...input,
    nullable: taken(input.name, null),
    ...(input.column === 'text' ? { takesUnseen: taken(input.name, unseenText) } : {}),
  }))
}

function hasMissing(column: TableColumn): boolean {
  return column.kind === 'text' ? column.codes.some((code) => code < 0) : column.values.some(Number.isNaN)
}

function columnOf({ name, column }: ModelInput, value: ModelInput['example']): TableColumn {
  if (column !== 'text') return { kind: column, name, values: Float64Array.of(Number(value ?? Number.NaN)) }
  return { kind: 'text', name, codes: Int32Array.of(value === null ? -1 : 0), categories: [String(value ?? '')] }
}
