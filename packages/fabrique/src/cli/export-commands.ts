import { type Command, Option } from 'commander'

const several = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Adds `fabrique export …`. */
export function addExportCommands(program: Command): void {
  program
    .command('export')
    .description('write files for other programs')
    .command('grafana')
    .requiredOption('--out <folder>', 'folder for grafana/ and prometheus/')
    .option('--prometheus <address>', 'where Grafana finds Prometheus', 'http://127.0.0.1:9090')
    .option('--target <host:port>', 'where Prometheus finds the server (127.0.0.1:8000); may come again', several)
    .option('--key-file <path>', 'file with the key that Prometheus shows, where the server has users')
    .option('--json', 'print one JSON document')
    .addOption(
      new Option('--lang <language>', 'language of the dashboards too (that of the system)').choices(['en', 'fr']),
    )
    .description('write data source, dashboards and alert rules of Grafana, and what Prometheus reads')
    .action(async (flags) => (await import('./commands/export-grafana.js')).exportGrafana(flags))
}
