import { type Command, Option } from 'commander'

/** Adds `fabrique metrics …`. `asking` adds the flags of commands that talk to a server. */
export function addMetricCommands(program: Command, asking: (command: Command) => Command): void {
  const load = () => import('./commands/metrics.js')
  const metrics = program.command('metrics').description('look at the history of what stands at /metrics')
  asking(metrics.command('ls').description('list metrics of which there is a history')).action(async (flags) =>
    (await load()).metricsLs(flags),
  )
  const querying = (command: Command) =>
    asking(command.argument('<metric>', 'its name, as http_requests_total'))
      .option('--labels <list>', 'series with these labels only, as handler=/predict,method=POST')
      .option('--last <duration>', 'how far back, as 15m, 6h or 30d (1h)')
      .option('--from <moment>', 'instead of --last, in ISO 8601')
      .option('--to <moment>', 'the end, in ISO 8601 (now)')
      .option('--step <duration>', 'length of a step, as 1m (chosen by the range)')
      .addOption(
        new Option('--read <what>', 'what is told of each step').choices([
          'value',
          'min',
          'max',
          'rate',
          'increase',
          'quantile',
        ]),
      )
      .option('--quantile <share>', 'of a histogram (0.95)')
      .addOption(new Option('--aggregate <how>', 'put series together').choices(['sum', 'avg', 'min', 'max']))
      .option('--by <labels>', 'labels that stay apart then, with commas between them')
  querying(metrics.command('query').description('show a metric over a range of time, by series')).action(
    async (metric: string, flags) => (await load()).metricsQuery(metric, flags),
  )
  querying(metrics.command('export').description('write a metric as CSV, with a line for each step'))
    .addOption(new Option('--format <format>', 'csv-fr is for French Excel').choices(['csv', 'csv-fr']).default('csv'))
    .option('--out <file>', 'file to write; standard output without')
    .action(async (metric: string, flags) => (await load()).metricsExport(metric, flags))
}
