import { type Command, Option } from 'commander'

const several = (value: string, before: readonly string[]): readonly string[] => [...before, value]

/** Adds `fabrique flows …` and `fabrique workers …`. `asking` adds the flags of commands that talk to a server. */
export function addFlowCommands(program: Command, asking: (command: Command) => Command): void {
  const flows = program.command('flows').description('run flows, and look at their runs')
  const reasoned = (command: Command) => asking(command).option('--reason <text>', 'why, for the audit trail', '')
  asking(flows.command('ls').description('list flows with their schedules and newest runs'))
    .option('--project <name>', 'of this project only')
    .action(async (flags) => (await import('./commands/flows-list.js')).flowsLs(flags))
  asking(
    flows
      .command('show')
      .argument('<what>', 'id of a run, or PROJECT/FLOW')
      .description('show a run with its steps, or a flow with its newest runs'),
  ).action(async (what: string, flags) => (await import('./commands/flows-show.js')).flowsShow(what, flags))
  addRunCommands(flows, reasoned)
  asking(flows.command('logs').argument('<run>').description('print what a run logged'))
    .option('-f, --follow', 'also what it logs until it is over')
    .option('--step <name>', 'of this step only')
    .option('--level <level>', 'this level and those above: debug, info, warn or error')
    .option('--search <text>', 'lines that contain this')
    .action(async (run: string, flags) => (await import('./commands/flows-logs.js')).flowsLogs(run, flags))
  reasoned(flows.command('cancel').argument('<run>').description('cancel a run, with what it runs')).action(
    async (run: string, flags) => (await import('./commands/flows-change.js')).flowsCancel(run, flags),
  )
  asking(
    flows
      .command('approve')
      .argument('<run>')
      .argument('<step>')
      .description('approve, or reject, what a step waits for'),
  )
    .option('--reject', 'reject it')
    .option('--value <name=value>', 'a value of its form; may be given several times', several, [])
    .option('--comment <text>', 'stands with the decision', '')
    .action(async (run: string, step: string, flags) =>
      (await import('./commands/flows-change.js')).flowsApprove(run, step, flags),
    )
  addScheduleCommands(flows, reasoned)
  addLimitCommands(flows, asking)
  const workers = program.command('workers').description('look at the processes that run flows')
  asking(workers.command('ls').description('list workers, with those that ended during the last day')).action(
    async (flags) => (await import('./commands/flows-list.js')).workersLs(flags),
  )
}

function addRunCommands(flows: Command, reasoned: (command: Command) => Command): void {
  const followed = (command: Command) =>
    reasoned(command)
      .option('--wait', 'wait for its end; exit status 1 where it does not complete')
      .option('--follow', 'the same, and show its log meanwhile')
  followed(flows.command('run').argument('<flow>', 'PROJECT/FLOW').description('run a flow'))
    .option('--param <name=value>', 'a parameter; may be given several times', several, [])
    .option('--params-file <file>', 'JSON file with parameters')
    .option('--at <moment>', 'when it is due (now)')
    .option('--priority <number>', 'higher is first (that of the flow)')
    .option('--tag <tag>', 'may be given several times', several, [])
    .option('--key <key>', 'the same key gives the same run')
    .action(async (what: string, flags) => (await import('./commands/flows-run.js')).flowsRun(what, flags))
  followed(
    flows.command('retry').argument('<run>').description('run a run again, with the results of what is done already'),
  )
    .addOption(
      new Option('--from <where>', 'the steps that did not complete, or the start')
        .choices(['failed', 'start'])
        .default('failed'),
    )
    .option('--step <name>', 'begin with this step instead')
    .action(async (run: string, flags) => (await import('./commands/flows-run.js')).flowsRetry(run, flags))
}

function addScheduleCommands(flows: Command, reasoned: (command: Command) => Command): void {
  reasoned(
    flows
      .command('backfill')
      .argument('<flow>', 'PROJECT/FLOW')
      .description('run a flow for each moment of a schedule in a range'),
  )
    .requiredOption('--from <moment>', 'first moment, as 2026-11-01')
    .requiredOption('--to <moment>', 'moment after the last one')
    .option('--schedule <name>', 'which one, where the flow has several')
    .option('--param <name=value>', 'a parameter of each run; may be given several times', several, [])
    .option('--dry-run', 'tell which moments these are, and run nothing')
    .addOption(
      new Option('--again <which>', 'moments that have a run already and are run again')
        .choices(['none', 'failed', 'all'])
        .default('none'),
    )
    .option('--newest-first', 'begin with the newest moment')
    .action(async (what: string, flags) => (await import('./commands/flows-backfill.js')).flowsBackfill(what, flags))
  const of = (command: Command) =>
    reasoned(command.argument('<flow>', 'PROJECT/FLOW')).option('--schedule <name>', 'only this schedule')
  of(flows.command('pause').description('let neither schedules nor triggers start a flow')).action(
    async (what: string, flags) => (await import('./commands/flows-change.js')).flowsPause(what, flags),
  )
  of(flows.command('resume').description('let schedules and triggers start a flow again')).action(
    async (what: string, flags) => (await import('./commands/flows-change.js')).flowsResume(what, flags),
  )
}

function addLimitCommands(flows: Command, asking: (command: Command) => Command): void {
  const limits = flows.command('limits').description('bound what runs at once, over all workers')
  asking(limits.command('ls', { isDefault: true }).description('list limits with what holds them')).action(
    async (flags) => (await import('./commands/flows-limits.js')).limitsLs(flags),
  )
  asking(limits.command('set').argument('<name>').argument('<slots>').description('set the slots of a limit'))
    .option('--rate <count/time>', 'how many may be taken in a time, as 10/1m')
    .action(async (name: string, slots: string, flags) =>
      (await import('./commands/flows-limits.js')).limitsSet(name, slots, flags),
    )
  asking(limits.command('rm').argument('<name>').description('take a limit away')).action(async (name: string, flags) =>
    (await import('./commands/flows-limits.js')).limitsRm(name, flags),
  )
}
