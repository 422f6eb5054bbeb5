import type { Command } from 'commander'

/** Adds `fabrique features …`. `asking` adds the flags of commands that talk to a server. */
export function addFeatureCommands(program: Command, asking: (command: Command) => Command): void {
  const features = program.command('features').description('features as they were at a time')
  addDeclaredCommands(features, asking)
  addOnlineCommands(features, asking)
  addFeaturesJoin(features)
}

/** Adds `fabrique features join`. */
export function addFeaturesJoin(features: Command): void {
  features
    .command('join')
    .argument('<entities>', 'CSV, Parquet, JSON or NDJSON: rows that each have a time')
    .argument('<features>', 'the same: features over time')
    .requiredOption('--on <columns>', 'keys, with commas; id=user_id where FEATURES has another name for it')
    .requiredOption('--time <column>', 'time of each row of ENTITIES; without a zone it is UTC')
    .requiredOption('--out <file>', 'file to write: .csv, .parquet, .json or .ndjson')
    .option('--feature-time <column>', 'time of the features (that of --time)')
    .option('--created <column>', 'when a row of FEATURES became known; of rows of one time the last counts')
    .option('--as-known', 'only what was known at the time: created no later')
    .option('--ttl <duration>', 'greatest age, as 90d, 36h, 15m or 30s (any)')
    .option('--tie <columns>', 'of rows equal in all of this the greatest by these counts (the last in the file)')
    .option('--features <columns>', 'the columns to take, with commas (all others)')
    .option('--prefix', 'name them by their file: usage__hours')
    .option('--ages', 'also the time and the age in seconds of what was found')
    .option('--threads <count>', 'threads of the engine (all cores)')
    .option('--json', 'print one JSON document')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description('give each row of a file the features as they were at its time, without a server')
    .action(async (entities: string, file: string, flags) =>
      (await import('./commands/features-join.js')).featuresJoin(entities, file, flags),
    )
}

function addDeclaredCommands(features: Command, asking: (command: Command) => Command): void {
  const declared = (command: Command) =>
    asking(command)
      .argument('[dir]', 'folder of the project', '.')
      .option('--project <name>', 'which one, where the folder has several')
  declared(features.command('plan').description('show what applying the declarations would change')).action(
    async (dir: string, flags) => (await import('./commands/features-plan.js')).featuresPlan(dir, flags),
  )
  declared(features.command('apply').description('apply the declarations of a project'))
    .option('--yes', 'without asking')
    .action(async (dir: string, flags) => (await import('./commands/features-plan.js')).featuresApply(dir, flags))
  asking(features.command('ls').argument('[project]').description('list views and services')).action(
    async (project: string | undefined, flags) =>
      (await import('./commands/features-list.js')).featuresLs(project, flags),
  )
  asking(
    features.command('show').argument('<view>', 'PROJECT/VIEW, or PROJECT/VIEW@VERSION').description('show a view'),
  ).action(async (view: string, flags) => (await import('./commands/features-list.js')).featuresShow(view, flags))
  asking(
    features
      .command('get-historical')
      .argument('<project>')
      .description('make a training set: features as they were at the time of each row'),
  )
    .requiredOption('--into <dataset>', 'data set that the result becomes a snapshot of')
    .option('--entities <snapshot>', 'rows that get features, as labels@latest')
    .option('--time <column>', 'their column of time (that of the data set)')
    .option('--columns <columns>', 'what is kept of them, with commas (all)')
    .option('--service <service>', 'as churn, or churn@2')
    .option('--features <features>', 'instead of a service: usage_30d:hours, or usage_30d, with commas')
    .option('--start <moment>', 'without entities: from when on')
    .option('--end <moment>', 'without entities: until when')
    .option('--as-known', 'only what was known then: created no later')
    .option('--full-names', 'name columns view__feature')
    .option('--ages', 'also the age of each view, in seconds')
    .option('--reason <text>', 'why, for the audit trail', '')
    .action(async (project: string, flags) =>
      (await import('./commands/features-historical.js')).featuresHistorical(project, flags),
    )
}

function addOnlineCommands(features: Command, asking: (command: Command) => Command): void {
  asking(
    features
      .command('materialize')
      .argument('<project>')
      .argument('[views...]', 'which views; all that are kept online by default')
      .description('bring the newest values to the online store'),
  )
    .option('--full', 'everything again, not only what is new')
    .option('--start <moment>', 'only keys with events later than this')
    .option('--end <moment>', 'as it was then (now)')
    .option('--reason <text>', 'why, for the audit trail', '')
    .action(async (project: string, views: readonly string[], flags) =>
      (await import('./commands/features-materialize.js')).featuresMaterialize(project, views, flags),
    )
  asking(
    features
      .command('get-online')
      .argument('<project>')
      .argument('<keys...>', 'one row each, as user_id=7 or user_id=7,plan=gold')
      .description('read features by key'),
  )
    .option('--service <service>', 'as churn, or churn@2')
    .option('--features <features>', 'instead of a service: usage_30d:hours, or usage_30d, with commas')
    .option('--at <moment>', 'as if it were then, for ages and windows')
    .action(async (project: string, keys: readonly string[], flags) =>
      (await import('./commands/features-get-online.js')).featuresGetOnline(project, keys, flags),
    )
  asking(
    features
      .command('check')
      .argument('<project>')
      .argument('<view>')
      .description('compare a sample of keys online and offline'),
  )
    .option('--keys <count>', 'how many keys (200)')
    .action(async (project: string, view: string, flags) =>
      (await import('./commands/features-check.js')).featuresCheck(project, view, flags),
    )
}
