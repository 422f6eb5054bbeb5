import type { Snapshot } from '@fabrique/contract'
import type { TextAsNumbers, ThresholdAsked } from '@fabrique/ml'
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
    ...decisionSection(result),
    '## Scores on rows that the model has not seen',
    table(
      ['metric', 'value'],
      Object.entries(metrics).map(([name, value]) => [name, shownNumber(value)]),
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

/** How classes are decided, where it is otherwise than by the greatest probability as it is. */
function decisionSection({ decision, classes }: TrainingResult): string[] {
  if (decision === undefined) return []
  const { calibration, threshold } = decision
  const lines: string[] = []
  if (calibration !== undefined) {
    const { method, folds, rows, before, after } = calibration
    const name = { sigmoid: 'by a sigmoid (Platt)', isotonic: 'by isotonic regression' }[method]
    lines.push(
      `Probabilities are calibrated ${name}, learnt from ${rows} training rows that were held back in ${folds} folds`,
    )
    const scores: readonly [string, keyof typeof after][] = [
      ['Brier score', 'brier'],
      ['log loss', 'log_loss'],
      ['calibration error', 'calibration_error'],
    ]
    const told = scores.map(([words, key]) =>
      before === undefined
        ? `${words} ${shownNumber(after[key])}`
        : `${words} ${shownNumber(before[key])} before, ${shownNumber(after[key])} after`,
    )
    lines.push(`On the test rows: ${told.join('; ')}`)
  }
  if (threshold !== undefined) {
    const { asked, positive, score, folds, rows } = threshold
    const other = classes.find((name) => name !== positive) ?? ''
    lines.push(
      `A row is \`${positive}\` from a probability of ${shownNumber(threshold.threshold)} on, otherwise \`${other}\``,
      ...(score === undefined
        ? ['The threshold was given']
        : [
            `The threshold is best for ${goalText(asked)} on ${rows} training rows that were held back in ${folds} folds`,
          ]),
    )
  }
  return ['## How it decides', list(lines)]
}

function goalText(asked: ThresholdAsked): string {
  switch (asked.goal) {
    case 'f_beta':
      return `F with beta ${asked.beta}`
    case 'cost':
      return `cost: ${asked.false_positive} for a false positive, ${asked.false_negative} for a false negative`
    case 'precision_at_recall':
      return `precision with a recall of at least ${asked.recall}`
    case 'f1':
      return 'F1'
    default:
      return asked.goal.replaceAll('_', ' ')
  }
}

function shownNumber(value: number): string {
  return String(Number(value.toPrecision(6)))
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
