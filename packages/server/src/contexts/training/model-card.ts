import type { Snapshot } from '@fabrique/contract'
import type { TrainingJobInput } from './start-training.js'
import type { TrainingResult } from './training-messages.js'

/** What to know of a model before one uses it, in Markdown: data, method, scores, columns, and how to load it. */
export function modelCard(input: TrainingJobInput, snapshot: Snapshot, result: TrainingResult): string {
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
      ['column', 'type', 'in training'],
      result.inputs.map(({ name, column, min, max, values }) => [
        `\`${name}\``,
        column,
        min === undefined ? (values?.slice(0, 10).join(', ') ?? '') : `${min} to ${max}`,
      ]),
    ),
    ...(result.dropped.length === 0
      ? []
      : ['Left out:', list(result.dropped.map(({ name, reason }) => `\`${name}\`: ${reason.replaceAll('_', ' ')}`))]),
    '## Parameters',
    table(['parameter', 'value'], Object.entries(result.params)),
    '## How to load it',
    code('python', [
      'import mlflow',
      '',
      `model = mlflow.pyfunc.load_model("runs:/${input.run_id}/model")`,
      // Texts as pandas 3 has them are nothing that ONNX takes.
      `print(model.predict(model.input_example${takesTexts ? '.astype(object)' : ''}))`,
    ]),
    'Or without MLflow, preprocessing included:',
    code('python', ['import onnxruntime', '', 'session = onnxruntime.InferenceSession("model.onnx")']),
  ]
  return `${sections.join('\n\n')}\n`
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
