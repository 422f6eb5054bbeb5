import type { Command } from 'commander'

/** Adds `fabrique features …`. */
export function addFeatureCommands(program: Command): void {
  const features = program.command('features').description('features as they were at a time')
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
