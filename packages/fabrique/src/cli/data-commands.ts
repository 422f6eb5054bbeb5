import type { Command } from 'commander'

/** Adds `fabrique data …`. `asking` adds the flags of commands that talk to a server. */
export function addDataCommands(program: Command, asking: (command: Command) => Command): void {
  const data = program.command('data').description('look at, check, version and share data')
  addIngestCommands(data, asking)
  addSnapshotCommands(data, asking)
  addCheckCommands(data, asking)
  addDataValidate(data)
  addSharingCommands(data, asking)
  addDvcCommands(data, asking)
}

function addIngestCommands(data: Command, asking: (command: Command) => Command): void {
  asking(
    data
      .command('ingest')
      .argument('<project>')
      .argument('<dataset>')
      .option('--full', 'read again what was taken already')
      .option('--no-follow', 'only ask for it; `fabrique jobs follow` shows how far it is')
      .option('--reason <text>', 'why, for the audit trail', '')
      .description('take the source of a data set to a snapshot'),
  ).action(async (project: string, dataset: string, flags) =>
    (await import('./commands/data-ingest.js')).dataIngest(project, dataset, flags),
  )
  asking(
    data
      .command('upload')
      .argument('<file>', 'CSV, Parquet, JSON or NDJSON; text also as .gz or .zst')
      .requiredOption('--name <dataset>', 'as PROJECT/DATASET; one that the project does not declare')
      .option('--no-follow', 'only ask for it; `fabrique jobs follow` shows how far it is')
      .description('send a file of this machine to become a snapshot of a table'),
  ).action(async (path: string, flags) => (await import('./commands/data-upload.js')).dataUpload(path, flags))
  asking(
    data
      .command('quarantine')
      .argument('<ingest>', 'ing_…')
      .option('--limit <count>', 'at most so many rows (20)')
      .option('--reason <reason>', 'only these, as type or duplicate_key')
      .option('--column <name>', 'only those of a column')
      .option('--file <path>', 'only those of a file')
      .description('list the rows that an ingest set aside'),
  ).action(async (ingest: string, flags) =>
    (await import('./commands/data-quarantine.js')).dataQuarantine(ingest, flags),
  )
}

function addSnapshotCommands(data: Command, asking: (command: Command) => Command): void {
  const snapshot = ['<snapshot>', 'PROJECT/DATASET, PROJECT/DATASET@REF or snap_…'] as const
  const collect = (value: string, before: readonly string[]) => [...before, value]
  addDataProfile(data)
  asking(
    data
      .command('ls')
      .argument('[project]')
      .argument('[dataset]')
      .option('--limit <count>', 'at most so many snapshots (50)')
      .description('list data sets, or the snapshots of one'),
  ).action(async (project: string | undefined, dataset: string | undefined, flags) =>
    (await import('./commands/data-ls.js')).dataLs(project, dataset, flags),
  )
  asking(
    data
      .command('show')
      .argument(...snapshot)
      .description('tell what a snapshot is, with the figures of its columns'),
  ).action(async (ref: string, flags) => (await import('./commands/data-show.js')).dataShow(ref, flags))
  asking(
    data
      .command('diff')
      .argument('<base>', snapshot[1])
      .argument('<head>', snapshot[1])
      .option('--limit <count>', 'rows of each kind shown (5)')
      .description('what differs: columns, rows, distributions'),
  ).action(async (base: string, head: string, flags) =>
    (await import('./commands/data-diff.js')).dataDiff(base, head, flags),
  )
  asking(
    data
      .command('tag')
      .argument(...snapshot)
      .argument('<tag>')
      .option('--delete', 'remove the tag instead')
      .option('--reason <text>', 'why, for the audit trail', '')
      .description('point a tag to a snapshot'),
  ).action(async (ref: string, tag: string, flags) => (await import('./commands/data-tag.js')).dataTag(ref, tag, flags))
  asking(
    data
      .command('query')
      .argument(...snapshot)
      .argument('<sql>', 'one select; the snapshot is the table data')
      .option('--with <name=ref>', 'another snapshot as a table; may be repeated', collect, [])
      .option('--limit <count>', 'at most so many rows (100)')
      .description('run a select over a snapshot'),
  ).action(async (ref: string, sql: string, flags) =>
    (await import('./commands/data-query.js')).dataQuery(ref, sql, flags),
  )
  asking(
    data
      .command('export')
      .argument(...snapshot)
      .option('--format <format>', 'csv, csv-fr, parquet or ndjson (by the name of the file, or csv)')
      .option('--out <file>', 'file to write; standard output without it')
      .description('write the rows of a snapshot as one file'),
  ).action(async (ref: string, flags) => (await import('./commands/data-export.js')).dataExport(ref, flags))
  asking(
    data
      .command('rm')
      .argument(...snapshot)
      .option('--yes', 'really')
      .description('erase a snapshot that nothing uses'),
  ).action(async (ref: string, flags) => (await import('./commands/data-rm.js')).dataRm(ref, flags))
}

function addCheckCommands(data: Command, asking: (command: Command) => Command): void {
  const place = ['<dataset>', 'as PROJECT/DATASET'] as const
  const reason = ['--reason <text>', 'why, for the audit trail', ''] as const
  asking(
    data
      .command('check')
      .argument('<snapshot>', 'PROJECT/DATASET, PROJECT/DATASET@REF or snap_…')
      .description('check a snapshot on the server; exit status 1 when something critical does not hold'),
  )
    .option('--suite <name>', 'only this suite; declared is that of the project')
    .option(...reason)
    .action(async (ref: string, flags) => (await import('./commands/data-check.js')).dataCheck(ref, flags))
  const suite = data.command('suite').description('suites of expectations that are kept on the server')
  asking(
    suite
      .command('ls')
      .argument(...place)
      .description('list suites'),
  ).action(async (dataset: string, flags) => (await import('./commands/data-suite.js')).suiteLs(dataset, flags))
  asking(
    suite
      .command('get')
      .argument(...place)
      .argument('<suite>')
      .description('print a suite as Great Expectations writes it'),
  ).action(async (dataset: string, name: string, flags) =>
    (await import('./commands/data-suite.js')).suiteGet(dataset, name, flags),
  )
  asking(
    suite
      .command('put')
      .argument(...place)
      .argument('<suite>')
      .argument('<file>', 'JSON of a suite, ours or that of Great Expectations')
      .description('keep a suite'),
  )
    .option(...reason)
    .action(async (dataset: string, name: string, file: string, flags) =>
      (await import('./commands/data-suite.js')).suitePut(dataset, name, file, flags),
    )
  asking(
    suite
      .command('propose')
      .argument('<snapshot>', 'PROJECT/DATASET, PROJECT/DATASET@REF or snap_…')
      .description('expectations that fit a snapshot, with the reason of each'),
  ).action(async (ref: string, flags) => (await import('./commands/data-suite.js')).suitePropose(ref, flags))
}

function addDvcCommands(data: Command, asking: (command: Command) => Command): void {
  const group = (name: string, description: string) =>
    data.commands.find((command) => command.name() === name) ?? data.command(name).description(description)
  const folder = ['<folder>', 'as the machine of the worker sees it'] as const
  asking(
    group('import', 'adopt what other tools hold')
      .command('dvc')
      .argument(...folder)
      .requiredOption('--project <name>', 'project that gets the data sets')
      .option('--remote <name>', 'DVC remote to read what the cache lacks (that of the repository)')
      .option('--target <path...>', 'only these outputs, folders, .dvc files or stages')
      .option('--reason <text>', 'why, for the audit trail', '')
      .description('each output of a DVC repository as a snapshot of files; safe to run again'),
  ).action(async (path: string, flags) => (await import('./commands/data-dvc.js')).dataImportDvc(path, flags))
  asking(
    group('export', 'write snapshots for other tools')
      .command('dvc')
      .argument(...folder)
      .argument('[dataset...]', 'as DATASET or DATASET@REF; all of the project without any')
      .requiredOption('--project <name>', 'project of the data sets')
      .option('--checkout', 'also write the data beside the .dvc files')
      .description('write .dvc files and a DVC cache'),
  ).action(async (path: string, datasets: string[], _own, command: Command) =>
    // `data export` has the same flags, and takes them wherever they stand.
    (await import('./commands/data-dvc.js')).dataExportDvc(path, datasets, command.optsWithGlobals()),
  )
}

function addSharingCommands(data: Command, asking: (command: Command) => Command): void {
  const reason = ['--reason <text>', 'why, for the audit trail', ''] as const
  asking(
    data
      .command('add')
      .argument('<path>', 'folder or file of the machine of the worker')
      .requiredOption('--name <dataset>', 'as PROJECT/DATASET')
      .description('take a folder or file, as it is, to a snapshot of files'),
  )
    .option(...reason)
    .action(async (path: string, flags) => (await import('./commands/data-add.js')).dataAdd(path, flags))
  for (const way of ['push', 'pull'] as const) {
    asking(
      data
        .command(way)
        .argument('[ref...]', 'PROJECT, PROJECT/DATASET or PROJECT/DATASET@REF; all without one')
        .option('--remote <name>', 'the default one without it')
        .option('--threads <count>', 'transfers at once (8)')
        .description(way === 'push' ? 'send snapshots to a remote' : 'fetch snapshots from a remote'),
    ).action(async (refs: string[], flags) =>
      (await import('./commands/data-transfer.js')).dataTransfer(way, refs, flags),
    )
  }
  asking(
    data
      .command('checkout')
      .argument('<snapshot>', 'PROJECT/DATASET, PROJECT/DATASET@REF or snap_…')
      .argument('<folder>')
      .option('--remove-others', 'remove files there that are not in the snapshot')
      .option('--force', 'overwrite or remove also files whose content is in no snapshot')
      .description('write the files of a snapshot to a folder'),
  ).action(async (ref: string, folder: string, flags) =>
    (await import('./commands/data-checkout.js')).dataCheckout(ref, folder, flags),
  )
  asking(
    data
      .command('gc')
      .argument('[place]', 'PROJECT or PROJECT/DATASET')
      .option('--keep-newest <count>', 'of each data set (1)')
      .option('--keep-days <days>', 'younger ones stay (30)')
      .option('--dry-run', 'only tell what would go; so it is without --yes')
      .option('--yes', 'really')
      .option(...reason)
      .description('erase snapshots that nothing needs and free their content'),
  ).action(async (place: string | undefined, flags) => (await import('./commands/data-gc.js')).dataGc(place, flags))
  const remote = data.command('remote').description('where snapshots are shared')
  asking(remote.command('ls').description('list remotes')).action(async (flags) =>
    (await import('./commands/data-remote.js')).remoteLs(flags),
  )
  asking(
    remote
      .command('add')
      .argument('<name>')
      .argument('<place>', 'folder, or s3://bucket/prefix')
      .option('--endpoint <address>', 'of another server than AWS')
      .option('--region <name>')
      .option('--default', 'chosen where no remote is named')
      .description('name a folder or bucket, or change one'),
  ).action(async (name: string, place: string, flags) =>
    (await import('./commands/data-remote.js')).remoteAdd(name, place, flags),
  )
  asking(remote.command('rm').argument('<name>').description('forget a remote; what is in it stays')).action(
    async (name: string, flags) => (await import('./commands/data-remote.js')).remoteRm(name, flags),
  )
}

/** Adds `fabrique data profile`. */
export function addDataProfile(data: Command): void {
  data
    .command('profile')
    .argument('<file>', 'CSV, Parquet, JSON or NDJSON; text also as .gz or .zst')
    .option('--json', 'print one JSON document')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description('figures of each column of a file, without a server')
    .action(async (file: string, flags) => (await import('./commands/data-profile.js')).dataProfile(file, flags))
}

/** Adds `fabrique data validate`. */
export function addDataValidate(data: Command): void {
  const collect = (value: string, before: readonly string[]) => [...before, value]
  data
    .command('validate')
    .argument('<file>', 'CSV, Parquet, JSON or NDJSON')
    .description('check a file against a suite, without a server; exit status 1 when something does not hold')
    .requiredOption('--suite <file>', 'JSON of a suite, ours or that of Great Expectations')
    .option('--result-format <format>', 'BOOLEAN_ONLY, BASIC, SUMMARY or COMPLETE (SUMMARY)')
    .option('--parameter <name=value>', 'value of a suite parameter; may be repeated', collect, [])
    .option('--index <columns>', 'columns, with commas between, that name an unexpected row')
    .option('--out <file>', 'write the result as Great Expectations writes it')
    .option('--json', 'print one JSON document: the result as Great Expectations writes it')
    .option('--lang <language>', 'en or fr (that of the system)')
    .action(async (file: string, flags) => (await import('./commands/data-validate.js')).dataValidate(file, flags))
}
