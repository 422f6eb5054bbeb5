import { fabriqueVersion, type Language } from '@fabrique/contract'
import { Command } from 'commander'
import { terminalLanguage } from './messages.js'
import { describeError } from './report-error.js'

/** Flags of every command that starts something. */
type ServerFlags = {
  readonly host?: string
  readonly port?: string
  readonly dataDir?: string
  readonly logLevel?: string
  readonly lang?: Language
}

function withServerFlags(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on (127.0.0.1)')
    .option('--port <number>', 'port of everything (8000); 0 takes a free one')
    .option('--data-dir <folder>', 'folder for database, blobs and logs (.fabrique)')
    .option('--log-level <level>', 'debug, info, warn or error (info)')
    .option('--lang <language>', 'en or fr (that of the system)')
}

/** Runs the command line; never throws: failures are printed and give the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('fabrique')
    .description('The whole machine-learning operations loop in one program')
    .version(fabriqueVersion)
    .showHelpAfterError()
    .exitOverride()
  const place = ['[dir]', 'project folder, or folder of projects', '.'] as const

  withServerFlags(
    program
      .command('up')
      .argument(...place)
      .description('start database, server and worker, and run the loop of new models'),
  ).action(async (dir: string, flags: ServerFlags) => (await import('./commands/up.js')).up(dir, flags))
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
      .description('start a server that answers predictions only'),
  ).action(async (dir: string, flags: ServerFlags) => (await import('./commands/roles.js')).predictor(dir, flags))
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

  try {
    await program.parseAsync(argv as string[])
  } catch (error) {
    process.exitCode = failed(error, argv)
  }
}

function failed(error: unknown, argv: readonly string[]): number {
  // Commander has printed its message; its own status is 1 for wrong use, which is 2 here.
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    return 'exitCode' in error && error.exitCode === 0 ? 0 : 2
  }
  const flag = argv.indexOf('--lang')
  const given = flag >= 0 ? argv[flag + 1] : process.env.FABRIQUE_LANG
  const language = terminalLanguage(given === 'fr' || given === 'en' ? given : undefined, process.env)
  const { text, exit } = describeError(error, language)
  process.stderr.write(text)
  return exit
}
