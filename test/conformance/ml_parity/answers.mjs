// Rows and predictions in the form in which both runtimes of ONNX files take and give them.
import { InferenceSession, Tensor } from 'onnxruntime-node'

const missingTime = -(2n ** 63n)

/** Columns as JSON: null where missing. */
export function columnsOf({ columns }) {
  return columns
    .filter(({ name }) => name !== 'target')
    .map((column) => ({ name: column.name, kind: column.kind, values: cellsOf(column) }))
}

function cellsOf(column) {
  if (column.kind === 'text') return Array.from(column.codes, (code) => column.categories[code] ?? null)
  return Array.from(column.values, (value) => (Number.isNaN(value) ? null : value))
}

/** What the library predicts, by name of the output. */
export function answersOf(prediction, { classes = [] }) {
  switch (prediction.kind) {
    case 'values':
      return { prediction: Array.from(prediction.values) }
    case 'anomalies':
      return { anomaly_score: Array.from(prediction.scores) }
    case 'clusters':
      return { cluster: Array.from(prediction.codes) }
    case 'components':
      return Object.fromEntries(
        prediction.columns.map((values, index) => [`component_${index + 1}`, Array.from(values)]),
      )
    default: {
      const [what, columns] =
        prediction.probabilities === null ? ['score', prediction.scores] : ['probability', prediction.probabilities]
      return {
        label: Array.from(prediction.codes, (code) => classes[code]),
        ...Object.fromEntries(columns.map((values, code) => [`${what}_${classes[code]}`, Array.from(values)])),
      }
    }
  }
}

/** A column as a file takes it: the only one of a model is a matrix. */
function tensorOf(column, rank) {
  const rows = column.kind === 'text' ? column.codes.length : column.values.length
  const size = rank === 2 ? [rows, 1] : [rows]
  if (column.kind === 'number') return new Tensor('float32', Float32Array.from(column.values), size)
  if (column.kind === 'text') {
    const texts = Array.from(column.codes, (code) => column.categories[code] ?? '')
    return new Tensor('string', texts, size)
  }
  const moments = BigInt64Array.from(column.values, (value) => (Number.isNaN(value) ? missingTime : BigInt(value)))
  return new Tensor('int64', moments, size)
}

/** Runs the file on all rows. Returns how many labels differ, and the greatest difference of numbers, relative above 1. */
export async function runInNode(file, rows, answers) {
  const session = await InferenceSession.create(file)
  const feeds = Object.fromEntries(
    session.inputMetadata.map(({ name, shape }) => [
      name,
      tensorOf(
        rows.columns.find((column) => column.name === name),
        shape.length,
      ),
    ]),
  )
  const outputs = await session.run(feeds)
  await session.release()
  const names = [...session.outputNames].sort()
  if (names.join() !== Object.keys(answers).sort().join()) throw new Error(`The file puts out ${names}`)
  const found = { labels: 0, numbers: 0 }
  for (const name of names) {
    const values = outputs[name].data
    for (const [row, expected] of answers[name].entries()) {
      if (name === 'label' || name === 'cluster') found.labels += `${values[row]}` === `${expected}` ? 0 : 1
      else found.numbers = Math.max(found.numbers, Math.abs(values[row] - expected) / Math.max(1, Math.abs(expected)))
    }
  }
  return found
}
