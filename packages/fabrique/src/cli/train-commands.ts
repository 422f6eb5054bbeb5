import type { Command } from 'commander'
import { wrongUse } from './wrong-use.js'

/** Adds `fabrique train`, on a file or on a snapshot of a server, and `fabrique estimators`. */
export function addTrainCommands(program: Command): void {
  const collect = (value: string, before: readonly string[]) => [...before, value]
  program
    .command('train')
    .argument('[file]', 'CSV, Parquet, JSON or NDJSON; text also as .gz or .zst')
    .option('--snapshot <snapshot>', 'instead of a file, on a server: snap_…, PROJECT/DATASET or PROJECT/DATASET@REF')
    .requiredOption('--target <column>', 'the column to predict')
    .option('--estimator <name>', 'as random_forest_classifier; `fabrique estimators` lists them')
    .option('--param <name=value>', "a parameter under scikit-learn's name; may be repeated", collect, [])
    .option('--task <task>', 'classification or regression (by the column)')
    .option('--features <columns>', 'the columns to predict from, with commas (all others)')
    .option('--test <share>', 'share of the rows to test on (0.2)')
    .option('--test-by-time <column>', 'test on the newest rows')
    .option('--test-by-group <column>', 'never train and test on rows of one group')
    .option('--weight <column>', 'weight of each row')
    .option('--seed <number>', 'the same seed gives the same model (1)')
    .option('--folds <count>', 'test on folds of the training rows too')
    .option(
      '--calibrate <method>',
      'make probabilities hold, learnt on folds of the training rows: sigmoid or isotonic',
    )
    .option(
      '--threshold <goal>',
      'the line between two classes: f1, balanced_accuracy, youden, f_beta:2, cost:1:5, precision_at_recall:0.9 or 0.35',
    )
    .option('--learning-curve', 'also fit on growing shares of the training rows')
    .option('--search <method>', 'look for parameters: grid, random, tpe, halving or hyperband')
    .option('--space <name=range>', 'as C=0.01..100:log or criterion=gini,entropy; may be repeated', collect, [])
    .option('--trials <count>', 'at most so many trials (20)')
    .option('--metric <name>', 'what a search or --auto makes best (accuracy, r2)')
    .option('--prune', 'stop trials early that are worse than others')
    .option('--auto', 'try a sensible set of estimators and take the best')
    .option('--budget <seconds>', 'time that --auto may try (60)')
    .option('--threads <count>', 'threads of the fit (all cores)')
    .option('--out <file>', 'ONNX file to write')
    .option('--run-name <name>', 'with --snapshot: name of the run')
    .option('--register <model>', 'with --snapshot: the model that the result becomes a version of')
    .option('--promote <when>', 'with --register: never, if_better or always (never)')
    .option('--promote-metric <name>', 'with --promote if_better: what is compared (accuracy, r2)')
    .option('--no-follow', 'with --snapshot: do not wait for it')
    .option('--url <url>', 'with --snapshot: address of the server (http://127.0.0.1:8000)')
    .option('--json', 'print one JSON document')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description(
      'train a model on a file, without a server, and write it as ONNX; or on a snapshot, as a tracked run of a server',
    )
    .action(async (file: string | undefined, { snapshot, ...flags }) => {
      if ((file === undefined) === (snapshot === undefined)) throw wrongUse('file', 'name a file, or a --snapshot')
      if (file !== undefined) {
        checkFileFlags(flags)
        await (await import('./commands/train.js')).train(file, flags)
      } else await (await import('./commands/train-snapshot.js')).trainSnapshot(snapshot, flags)
    })
  program
    .command('estimators')
    .argument('[name]', 'tell the parameters of one')
    .option('--json', 'print one JSON document')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description('list what can be trained')
    .action(async (name: string | undefined, flags) =>
      (await import('./commands/train.js')).trainEstimators(name, flags),
    )
}

/** A flag that a file has nothing of is refused rather than left aside. */
function checkFileFlags({ runName, register, promote, promoteMetric, follow, url }: Readonly<Record<string, unknown>>) {
  const given = {
    '--run-name': runName,
    '--register': register,
    '--promote': promote,
    '--promote-metric': promoteMetric,
    '--no-follow': follow === false ? true : undefined,
    '--url': url,
  }
  for (const [flag, value] of Object.entries(given)) {
    if (value !== undefined) throw wrongUse(flag, 'it goes with --snapshot, on a server')
  }
}
