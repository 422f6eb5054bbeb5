import type { Command } from 'commander'

const several = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** Adds `fabrique rollouts …`, `fabrique predictions …` and `fabrique feedback`. `asking` adds the flags of commands that talk to a server. */
export function addRolloutCommands(program: Command, asking: (command: Command) => Command): void {
  const rollouts = program.command('rollouts').description('share the requests to a model among its versions')
  const load = () => import('./commands/rollouts.js')
  asking(rollouts.command('ls').description('list roll-outs, newest first'))
    .option('--model <name>', 'of this model only')
    .action(async (flags) => (await load()).rolloutsLs(flags))
  asking(rollouts.command('show').argument('<rollout>').description('show its figures, checks and log')).action(
    async (rollout: string, flags) => (await load()).rolloutsShow(rollout, flags),
  )
  const starting = (command: Command) =>
    asking(command.argument('<model>')).option('--reason <text>', 'why, for the audit trail', '')
  starting(rollouts.command('canary'))
    .description('give a version a growing part of the requests, and promote it or roll it back by its figures')
    .requiredOption('--candidate <version>', 'number of the version to try')
    .option('--step <share:seconds>', 'as 0.05:600; may be given several times', several, [])
    .option('--requests <count>', 'that it must answer in each step (100)')
    .option('--no-promote', 'wait for a person after the last step')
    .action(async (model: string, flags) => (await load()).rolloutsCanary(model, flags))
  starting(rollouts.command('split'))
    .description('share requests by weight')
    .option('--variant <name=version:weight>', 'as new=3:20; give two or more', several, [])
    .action(async (model: string, flags) => (await load()).rolloutsSplit(model, flags))
  starting(rollouts.command('shadow'))
    .description('also ask a version, compare its answers, and give none of them')
    .requiredOption('--candidate <version>', 'number of the version to ask')
    .option('--share <part>', 'of the requests, 0 to 1 (1)')
    .action(async (model: string, flags) => (await load()).rolloutsShadow(model, flags))
  starting(rollouts.command('bandit'))
    .description('share requests by what feedback says of the versions')
    .option('--variant <name=version>', 'as new=3; give two or more', several, [])
    .action(async (model: string, flags) => (await load()).rolloutsBandit(model, flags))
  for (const [name, how, description] of [
    ['promote', 'promote', 'move the alias champion to a variant, and end the roll-out'],
    ['rollback', 'roll_back', 'leave the alias where it is, and end the roll-out'],
    ['end', 'end', 'end the roll-out without a verdict'],
  ] as const) {
    asking(rollouts.command(name).argument('<rollout>').description(description))
      .option('--variant <name>', 'which to promote; of a canary or a shadow the candidate')
      .option('--reason <text>', 'why, for the audit trail', '')
      .action(async (rollout: string, flags) => (await load()).rolloutsEnd(rollout, how, flags))
  }
  const loadData = () => import('./commands/predictions.js')
  const predictions = program.command('predictions').description('look at the log of predictions, and make data of it')
  asking(predictions.command('ls').description('list logged predictions, newest first'))
    .option('--model <name>', 'of this model only')
    .option('--key <key>', 'about this entity only')
    .option('--limit <count>', 'how many (20)')
    .action(async (flags) => (await load()).predictionsLs(flags))
  asking(predictions.command('data').description('show what of the log is in files, as a data set of each model'))
    .option('--model <name>', 'of this model only')
    .action(async (flags) => (await loadData()).predictionsData(flags))
  asking(
    predictions.command('compact').description('write days of the log that are over to the data set of each model'),
  )
    .option('--model <name>', 'of this model only')
    .option('--open', 'also the day that is not over')
    .option('--reason <text>', 'why, for the audit trail', '')
    .action(async (flags) => (await loadData()).predictionsCompact(flags))
  asking(
    predictions
      .command('export')
      .argument('<model>')
      .description('write the log of a model to a file, with what became known of it'),
  )
    .requiredOption('-o, --out <file>', 'CSV, Parquet or NDJSON, by its extension')
    .action(async (model: string, flags) => (await loadData()).predictionsExport(model, flags))
  asking(
    program
      .command('feedback')
      .argument('[prediction]', 'prediction_id of an answer; or --model, --key and --since')
      .description('tell what was right of a prediction, or how well it did'),
  )
    .option('--model <name>', 'of predictions that are meant by key and time')
    .option('--key <key>', 'what they were about')
    .option('--since <moment>', 'from here on, in ISO 8601')
    .option('--until <moment>', 'before this; now without')
    .option('--latest', 'the newest of them only')
    .option('--row <number>', 'of a request with several rows, from 0')
    .option('--truth <value>', 'what was right: a number, or a text')
    .option('--reward <number>', 'how well it did, 0 to 1')
    .action(async (prediction: string | undefined, flags) => (await loadData()).sendFeedback(prediction, flags))
}
