import type { Command } from 'commander'
import { wrongUse } from './wrong-use.js'

/** Adds `fabrique explain` and `fabrique compare`. */
export function addExplainCommands(program: Command): void {
  program
    .command('explain')
    .argument('[model]', 'a version on a server: churn@champion, churn/3, or churn for its champion')
    .option(
      '--data <snapshot>',
      'rows of this snapshot: snap_…, DATASET@REF or PROJECT/DATASET@REF (its own test rows)',
    )
    .option('--row <json>', 'explain the prediction of one row, as {"hours": 3}')
    .option('--model <file>', 'without a server: an ONNX file of `fabrique train`')
    .option('--in <file>', 'with --model: CSV, Parquet, JSON or NDJSON')
    .option('--target <column>', 'with --model: the true values, where the file names another column')
    .option('--columns <columns>', 'show how the prediction depends on these, with commas (the 4 that matter most)')
    .option('--class <class>', 'the class that is explained')
    .option('--metric <name>', 'what importance is measured in (accuracy, r2)')
    .option('--fairness <columns>', 'rates by the groups of these columns, with commas')
    .option('--favoured <class>', 'with --fairness: the favoured class (the second)')
    .option('--rows <count>', 'rows drawn at random (1000)')
    .option('--contributions <count>', 'rows whose prediction is taken apart (200)')
    .option('--repeats <count>', 'times that each column is shuffled (5)')
    .option('--seed <number>', 'the same seed gives the same figures (1)')
    .option('--url <url>', 'address of the server (http://127.0.0.1:8000)')
    .option('--json', 'print one JSON document')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description('tell what a model goes by, on a server or on plain files')
    .action(async (model: string | undefined, flags) => {
      checkExplainFlags(model, flags)
      const commands = await import('./commands/explain.js')
      if (model === undefined) await commands.explainPlainFile(flags)
      else if (flags.row === undefined) await commands.explainVersion(model, flags)
      else await commands.explainRow(model, flags)
    })
  program
    .command('compare')
    .argument('<first>', 'a version: churn@champion, churn/3, or churn for its champion')
    .argument('<second>', 'another one that predicts the same column')
    .option('--data <snapshot>', 'rows of this snapshot (the test rows of the second)')
    .option('--seed <number>', 'the same seed gives the same figures (1)')
    .option('--url <url>', 'address of the server (http://127.0.0.1:8000)')
    .option('--json', 'print one JSON document')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description('compare two versions of models on the same rows, with a test of their difference')
    .action(async (first: string, second: string, flags) =>
      (await import('./commands/compare.js')).compare(first, second, flags),
    )
}

/** A flag that does not go with the others is refused rather than left aside. */
function checkExplainFlags(model: string | undefined, flags: Readonly<Record<string, unknown>>): void {
  if ((model === undefined) === (flags.model === undefined)) {
    throw wrongUse('model', 'name a version of a server, or --model with a file')
  }
  const onServer = { '--data': flags.data, '--row': flags.row, '--url': flags.url }
  const onFiles = { '--in': flags.in, '--target': flags.target }
  for (const [flag, value] of Object.entries(model === undefined ? onServer : onFiles)) {
    if (value !== undefined)
      throw wrongUse(flag, model === undefined ? 'it goes with a server' : 'it goes with --model')
  }
  if (model === undefined && flags.in === undefined) throw wrongUse('--in', 'name the file with the rows')
  if (flags.row === undefined) return
  const others = ['data', 'columns', 'metric', 'fairness', 'favoured', 'rows', 'contributions', 'repeats', 'seed']
  const other = others.find((name) => flags[name] !== undefined)
  if (other !== undefined) throw wrongUse(`--${other}`, 'it does not go with --row')
}
