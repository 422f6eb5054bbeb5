import { type Command, Option } from 'commander'

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Adds `fabrique drift …`. */
export function addDriftCommands(program: Command): void {
  program
    .command('drift')
    .description('whether data moved')
    .command('report')
    .requiredOption('--reference <file>', 'CSV, Parquet, JSON or NDJSON: rows as they were')
    .requiredOption('--current <file>', 'the same: rows as they are now')
    .addOption(
      new Option('--mode <mode>', 'thresholds: those of Evidently, or calibrated ones')
        .choices(['evidently', 'calibrated'])
        .default('evidently'),
    )
    .option('--type <column=type>', 'num, cat or text, where the values suggest another; may come again', several)
    .option('--method <column=name>', 'method of a column, as Evidently names it; may come again', several)
    .option('--drift-share <share>', 'status 1 only from this share of drifted columns on (any column)')
    .option('--alpha <share>', 'calibrated: how often chance alone may alarm (0.05)')
    .option('--min-effect <size>', 'calibrated: smallest difference that matters (0.005 deviations)')
    .option('--min-rows <count>', 'rows with a value that each side needs (2; calibrated 20)')
    .option('--html <file>', 'also write a page with the distributions of both sides')
    .option('--threads <count>', 'threads of the engine (all cores)')
    .option('--json', 'print one JSON document')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description(
      'compare two files column by column, without a server; status 1 when something drifts or cannot be compared',
    )
    .action(async (flags) => (await import('./commands/drift-report.js')).driftReport(flags))
}
