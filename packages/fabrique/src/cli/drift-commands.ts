import { type Command, Option } from 'commander'

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Adds `fabrique drift …` and `fabrique monitor …`. `asking` adds the flags of commands that talk to a server. */
export function addDriftCommands(program: Command, asking: (command: Command) => Command): void {
  const drift = program.command('drift').description('whether data moved')
  const load = () => import('./commands/monitor.js')
  asking(drift.command('ls').description('list the reports of monitors, newest first'))
    .option('--monitor <name>', 'of this monitor only')
    .option('--model <name>', 'of this model only')
    .option('--limit <count>', 'how many (20)')
    .action(async (flags) => (await load()).driftLs(flags))
  asking(drift.command('show').argument('<report>').description('show a report: columns, figures, what followed'))
    .option('--html <file>', 'also write it as a page')
    .option('--evidently', 'print it as the JSON that Evidently writes')
    .action(async (report: string, flags) => (await load()).driftShow(report, flags))
  addDriftReport(drift)
  const monitor = program
    .command('monitor')
    .description('look again and again whether data, predictions or quality moved')
  asking(monitor.command('ls').description('list monitors with what they came to last'))
    .option('--project <name>', 'of this project only')
    .option('--model <name>', 'of this model only')
    .action(async (flags) => (await load()).monitorLs(flags))
  asking(monitor.command('run').argument('<monitor>').description('compare now; status 1 unless all is well'))
    .option('--reason <text>', 'why, for the audit trail', '')
    .option('--no-follow', 'do not wait for the report')
    .action(async (name: string, flags) => (await load()).monitorRun(name, flags))
}

/** Adds `fabrique drift report`. */
export function addDriftReport(drift: Command): void {
  drift
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
    .option(
      '--embedding <name=columns>',
      'columns that are one vector: v0,v1,v2, or v* with numbers for the star, or a column of lists; may come again',
      several,
    )
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
