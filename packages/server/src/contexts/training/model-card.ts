import type { Snapshot } from '@fabrique/contract'
import type { TextAsNumbers } from '@fabrique/ml'
import type { TrainingJobInput } from './start-training.js'
import type { TrainingResult } from './training-messages.js'

/** What to know of a model before one uses it, in Markdown: data, method, scores, columns, and how to load it. */
export function modelCard(
  input: TrainingJobInput,
  snapshot: Snapshot,
  result: TrainingResult & { readonly folder?: string },
): string {
  const { request } = input
  const { metrics, rows, estimator } = result
  const takesTexts = result.inputs.some(({ column }) => column === 'text')
  const sections = [
    `# ${request.register ?? `${estimator.kind} of ${request.target}`}`,
    `Predicts \`${request.target}\` (${result.task}) with \`${estimator.kind}\`. Trained by Fabrique in run \`${input.run_id}\`.`,
    '## Data',
    list([
      `Data set \`${snapshot.dataset}\` of project \`${snapshot.project}\`, snapshot \`${snapshot.id}\`, content hash \`${snapshot.content_hash}\``,
      `${rows.train} rows to train on, ${rows.test} to test on, split: ${splitText(request)}, seed ${request.seed}`,
      ...(request.weight === undefined ? [] : [`Weight of a row: \`${request.weight}\``]),
    ]),
    '## Scores on rows that the model has not seen',
    table(
      ['metric', 'value'],
      Object.entries(metrics).map(([name, value]) => [name, String(Number(value.toPrecision(6)))]),
    ),
    '## Columns',
    table(
      ['column', 'type', 'in training', 'may be missing'],
      result.inputs.map((input) => [
        `\`${input.name}\``,
        input.column,
        seenText(input),
        input.nullable === true ? 'yes' : 'no',
      ]),
    ),
    ...(result.dropped.length === 0
      ? []
      : ['Left out:', list(result.dropped.map(({ name, reason }) => `\`${name}\`: ${reason.replaceAll('_', ' ')}`))]),
    ...(result.readAsNumbers === undefined
      ? []
      : ['Texts in the data, read as numbers:', list(result.readAsNumbers.map(readAsNumbersText))]),
    '## Parameters',
    table(['parameter', 'value'], Object.entries(result.params)),
    '## How to load it',
    code('python', [
      'import mlflow',
      '',
      `model = mlflow.pyfunc.load_model("runs:/${input.run_id}/${result.folder ?? 'model'}")`,
      // Texts as pandas 3 has them are nothing that ONNX takes.
      `print(model.predict(model.input_example${takesTexts ? '.astype(object)' : ''}))`,
    ]),
    'Or without MLflow, preprocessing included:',
    code('python', ['import onnxruntime', '', 'session = onnxruntime.InferenceSession("model.onnx")']),
  ]
  return `${sections.join('\n\n')}\n`
}

function readAsNumbersText({ name, missing }: TextAsNumbers): string {
  return `\`${name}\`: ${missing} blank ${missing === 1 ? 'value is a missing one' : 'values are missing ones'}`
}

function seenText({ column, min, max, values }: TrainingResult['inputs'][number]): string {
  if (min === undefined || max === undefined) return values?.slice(0, 10).join(', ') ?? ''
  const shown = (value: number) => (column === 'time' ? momentText(value) : String(value))
  return `${shown(min)} to ${shown(max)}`
}

/** A moment in UTC; in milliseconds where no calendar reaches it. */
function momentText(milliseconds: number): string {
  const moment = new Date(milliseconds)
  return Number.isNaN(moment.getTime()) ? String(milliseconds) : moment.toISOString()
}

function splitText({ split }: TrainingJobInput['request']): string {
  const share = `${split.test_share} to test`
  if (split.kind === 'random') return `by chance, ${share}`
  return split.kind === 'time' ? `the newest by ${split.column}, ${share}` : `whole groups of ${split.column}, ${share}`
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function code(language: string, lines: readonly string[]): string {
  return ['```'.concat(language), ...lines, '```'].join('\n')
}
