import type { Language } from '@fabrique/contract'
import { type Command, Option } from 'commander'
import { projectTemplates } from '../project/project-templates.js'
import { addAuthCommands } from './auth-commands.js'
import { addDataCommands } from './data-commands.js'
import { addDriftCommands } from './drift-commands.js'
import { addExplainCommands } from './explain-commands.js'
import { addExportCommands } from './export-commands.js'
import { addFeatureCommands } from './feature-commands.js'
import { addFlowCommands } from './flow-commands.js'
import { addMetricCommands } from './metric-commands.js'
import { addPredictCommands } from './predict-commands.js'
import { newProgram, runProgram } from './program.js'
import { addRolloutCommands } from './rollout-commands.js'
import { addServeCommands } from './serve-commands.js'
import { addTrainCommands } from './train-commands.js'

/** Flags of every command that starts something. */
type ServerFlags = {
  readonly host?: string
  readonly port?: string
  readonly grpcPort?: string
  readonly dataDir?: string
  readonly logLevel?: string
  readonly lang?: Language
}

function withServerFlags(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on (127.0.0.1)')
    .option('--port <number>', 'port of everything (8000); 0 takes a free one')
    .option('--grpc-port <number>', 'port of predictions over gRPC; none without it')
    .option('--data-dir <folder>', 'folder for database, blobs and logs (.fabrique)')
    .option('--log-level <level>', 'debug, info, warn or error (info)')
    .option('--lang <language>', 'en or fr (that of the system)')
}

/** Runs the command line; never throws: failures are printed and give the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = newProgram()
  const place = ['[dir]', 'project folder, or folder of projects', '.'] as const

  withServerFlags(
    program
      .command('up')
      .argument(...place)
      .description('start database, server and worker, and run the loop of new models'),
  ).action(async (dir: string, flags: ServerFlags) => (await import('./commands/up.js')).up(dir, flags))
  program
    .command('init')
    .argument('<dir>', 'folder that does not exist yet, or an empty one')
    .addOption(new Option('--template <name>', 'example that it starts from').choices(projectTemplates).default('iris'))
    .option('--json', 'print one JSON document')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description('write a new project')
    .action(async (dir: string, flags) => (await import('./commands/init.js')).init(dir, flags))
  withServerFlags(
    program
      .command('server')
      .argument(...place)
      .description('start the server alone'),
  ).action(async (dir: string, flags: ServerFlags) => (await import('./commands/roles.js')).server(dir, flags))
  withServerFlags(
    program
      .command('worker')
      .argument(...place)
      .option('--start-loops', 'run the loop of models without a champion')
      .description('start a worker alone'),
  ).action(async (dir: string, flags: ServerFlags & { startLoops?: boolean }) =>
    (await import('./commands/roles.js')).worker(dir, flags),
  )
  withServerFlags(
    program
      .command('predictor')
      .argument(...place)
      .option('--processes <count>', 'processes behind the port, as many as there are cores for (1)')
      .addOption(new Option('--process <number>').hideHelp())
      .description('start a server that answers predictions only'),
  ).action(async (dir: string, flags: ServerFlags & { processes?: string; process?: string }) =>
    (await import('./commands/roles.js')).predictor(dir, flags),
  )
  addServeCommands(program)
  program
    .command('flow-runner', { hidden: true })
    .argument('<dir>', 'project folder')
    .option('--memory-mb <count>', 'memory that it may take', '1024')
    .description('run flows for the worker that starts it')
    .action(async (dir: string, flags) => (await import('./commands/flow-runner.js')).flowRunner(dir, flags))
  const asking = (command: Command) =>
    command
      .option('--url <address>', 'address of the server (http://127.0.0.1:8000)')
      .option('--json', 'print one JSON document')
      .option('--lang <language>', 'en or fr (that of the system)')
  asking(program.command('status').description('tell how the running server and its parts are')).action(async (flags) =>
    (await import('./commands/status.js')).status(flags),
  )
  asking(
    program
      .command('loop')
      .argument('<project>')
      .argument('[model]')
      .description('run the loop: ingest, check, train, register, promote'),
  )
    .option('--reason <text>', 'why, for the audit trail', '')
    .action(async (project: string, model: string | undefined, flags) =>
      (await import('./commands/loop.js')).loop(project, model, flags),
    )
  const runs = program.command('runs').description('look at the runs of an experiment')
  const searching = (command: Command) =>
    asking(command)
      .argument('<experiment>', 'name or id')
      .option('--filter <text>', "as metrics.accuracy > 0.9 and (params.depth = '3' or tags.team = 'a')")
      .option('--order-by <column>', 'as "max(metrics.accuracy) DESC"')
      .option('--deleted', 'those in the trash')
  searching(runs.command('ls').description('list runs'))
    .option('--limit <count>', 'at most so many (20)')
    .action(async (name: string, flags) => (await import('./commands/runs.js')).runsLs(name, flags))
  searching(runs.command('export').description('write all runs that match, with every column'))
    .option('--format <format>', 'csv, csv-fr (for French Excel) or json')
    .option('--out <file>', 'file to write; standard output without it')
    .action(async (name: string, flags) => (await import('./commands/runs.js')).runsExport(name, flags))
  const models = program.command('models').description('look at and change the model registry')
  const reasoned = (command: Command) => asking(command).option('--reason <text>', 'why, for the audit trail', '')
  asking(models.command('ls').argument('[model]').description('list models, or the versions of one')).action(
    async (name: string | undefined, flags) => (await import('./commands/models.js')).modelsLs(name, flags),
  )
  reasoned(
    models
      .command('alias')
      .argument('<model>')
      .argument('<alias>')
      .argument('<version>')
      .description('point an alias to a version'),
  ).action(async (model: string, alias: string, version: string, flags) =>
    (await import('./commands/models.js')).modelsAlias(model, alias, version, flags),
  )
  reasoned(
    models
      .command('rollback')
      .argument('<model>')
      .argument('<alias>')
      .description('point an alias back to where it was'),
  ).action(async (model: string, alias: string, flags) =>
    (await import('./commands/models.js')).modelsRollback(model, alias, flags),
  )
  asking(models.command('history').argument('<model>').description('list who changed what, when and why')).action(
    async (model: string, flags) => (await import('./commands/models.js')).modelsHistory(model, flags),
  )
  asking(models.command('client').argument('<model>').description('write a typed client of a model in TypeScript'))
    .option('--out <file>', 'file to write; standard output without it')
    .action(async (model: string, flags) => (await import('./commands/models.js')).modelsClient(model, flags))
  const trash = program.command('trash').description('bring deleted things back, or erase them')
  asking(trash.command('ls').description('list what was deleted'))
    .option('--kind <kind>', 'experiment, run or logged_model')
    .action(async (flags) => (await import('./commands/trash.js')).trashLs(flags))
  asking(
    trash.command('restore').argument('<thing...>', 'as run:<id> or experiment:<id>').description('bring back'),
  ).action(async (things: string[], flags) => (await import('./commands/trash.js')).trashRestore(things, flags))
  asking(trash.command('purge').argument('[thing...]', 'as run:<id> or experiment:<id>').description('erase for good'))
    .option('--older-than <days>', 'everything deleted longer ago')
    .option('--yes', 'really')
    .action(async (things: string[], flags) => (await import('./commands/trash.js')).trashPurge(things, flags))
  addDataCommands(program, asking)
  addTrainCommands(program)
  addPredictCommands(program)
  addExportCommands(program)
  addExplainCommands(program)
  addDriftCommands(program, asking)
  addFeatureCommands(program, asking)
  addFlowCommands(program, asking)
  addRolloutCommands(program, asking)
  addMetricCommands(program, asking)
  addAuthCommands(program, asking)
  asking(
    program
      .command('lineage')
      .argument('<kind>', 'as snapshot, run, model_version')
      .argument('<id>', 'as snap_…, or churn/3 of a model version')
      .description('show what something was made from, and what it led to'),
  )
    .option('--direction <way>', 'up, down or both')
    .option('--depth <steps>', 'at most so many steps (20)')
    .option('--limit <count>', 'at most so many things (200)')
    .action(async (kind: string, id: string, flags) => (await import('./commands/lineage.js')).lineage(kind, id, flags))
  const jobs = program.command('jobs').description('look at long-running work, or stop it')
  asking(jobs.command('ls').description('list jobs, newest first'))
    .option('--state <state>', 'queued, running, succeeded, failed or cancelled')
    .option('--limit <count>', 'at most so many (20)')
    .action(async (flags) => (await import('./commands/jobs.js')).jobsLs(flags))
  asking(jobs.command('follow').argument('<job>').description('wait for a job and show its progress')).action(
    async (job: string, flags) => (await import('./commands/jobs.js')).jobsFollow(job, flags),
  )
  asking(jobs.command('cancel').argument('<job>').description('ask a job to stop'))
    .option('--reason <text>', 'why, for the audit trail', '')
    .action(async (job: string, flags) => (await import('./commands/jobs.js')).jobsCancel(job, flags))
  const imports = program.command('import').description('bring what other tools hold to the running server')
  asking(
    imports
      .command('mlflow')
      .requiredOption('--from <place>', 'SQLite file, postgresql://… address, or mlruns folder')
      .option('--artifacts <folder>', 'where its server kept artifacts (mlartifacts beside the file)')
      .description('experiments, runs, points, artifacts and models of MLflow; safe to run again'),
  ).action(async (flags) => (await import('./commands/import-mlflow.js')).importFromMlflow(flags))
  withServerFlags(
    program
      .command('config')
      .argument(...place)
      .option('--explain', 'add the description of each setting')
      .option('--json', 'print one JSON document')
      .description('print every setting with its value and origin'),
  ).action(async (dir: string, flags) => (await import('./commands/config.js')).config(dir, flags))
  withServerFlags(
    program
      .command('doctor')
      .argument(...place)
      .option('--json', 'print one JSON document')
      .description('look for what keeps Fabrique from working here'),
  ).action(async (dir: string, flags) => (await import('./commands/doctor.js')).doctor(dir, flags))
  await runProgram(program, argv)
}
