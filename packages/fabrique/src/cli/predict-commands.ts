import type { Command } from 'commander'
import { wrongUse } from './wrong-use.js'

/** Adds `fabrique predict`: answers of a model to all rows of a file or snapshot. */
export function addPredictCommands(program: Command): void {
  program
    .command('predict')
    .requiredOption(
      '--model <model>',
      'an ONNX file, or a folder of MLflow with --python; or of a server churn@champion, churn/3, or churn for its champion',
    )
    .option('--in <file>', 'the rows: CSV, Parquet, JSON or NDJSON; text also as .gz or .zst')
    .option('--snapshot <snapshot>', 'on a server, instead of a file: snap_…, PROJECT/DATASET or PROJECT/DATASET@REF')
    .option('--out <file>', 'the file to write, of the format that its name says')
    .option('--columns <columns>', 'the columns of the rows that stand beside the answers, with commas (all)')
    .option('--max-rejected <count>', 'go on with so many rows set aside, and end without an answer beyond')
    .option('--resume', 'with an ONNX file: go on with what an earlier run has done')
    .option('--features <columns>', 'with an ONNX file: the columns of the matrix that it takes, with commas (all)')
    .option('--missing <policy>', 'with an ONNX file: pass rows that lack values to it, or reject them (reject)')
    .option('--python <command>', 'with a folder of MLflow: the Python with mlflow that computes it')
    .option('--threads <count>', 'with an ONNX file: threads of the computation (all cores)')
    .option('--project <project>', 'with a server and a file: the project that keeps its rows')
    .option('--into <dataset>', 'with a server: the data set that keeps the answers (MODEL-predictions)')
    .option('--at <column>', 'with a server: features as they were at the time in this column (as they are now)')
    .option('--no-follow', 'with a server: do not wait for it')
    .option('--url <url>', 'address of the server (http://127.0.0.1:8000)')
    .option('--json', 'print one JSON document')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description(
      'answer all rows of a file with a model file, without a server; or with a model of a server, as its job',
    )
    .action(async ({ model, ...flags }: { readonly model: string } & Readonly<Record<string, string | boolean>>) => {
      const isFile = /\.onnx$/i.test(model) || flags.python !== undefined
      checkPredictFlags(isFile, flags)
      if (isFile) await (await import('./commands/predict.js')).predict(model, flags)
      else await (await import('./commands/predict-batch.js')).predictBatch(model, flags)
    })
}

/** A flag that does not go with the others is refused rather than left aside. */
function checkPredictFlags(isFile: boolean, flags: Readonly<Record<string, unknown>>): void {
  const others = isFile
    ? {
        '--snapshot': flags.snapshot,
        '--project': flags.project,
        '--into': flags.into,
        '--at': flags.at,
        '--no-follow': flags.follow === false ? true : undefined,
        '--url': flags.url,
      }
    : {
        '--resume': flags.resume,
        '--features': flags.features,
        '--missing': flags.missing,
        '--threads': flags.threads,
      }
  for (const [flag, value] of Object.entries(others)) {
    if (value === undefined) continue
    throw wrongUse(flag, isFile ? 'it goes with a model of a server' : 'it goes with an ONNX file')
  }
  if (isFile && flags.out === undefined) throw wrongUse('--out', 'name the file to write')
  if ((flags.in === undefined) === (flags.snapshot === undefined)) {
    throw wrongUse('--in', isFile ? 'name the file with the rows' : 'name a file with rows, or a --snapshot')
  }
}
