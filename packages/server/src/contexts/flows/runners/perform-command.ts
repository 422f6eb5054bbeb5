import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { FabriqueError, type WorkerStep } from '@fabrique/contract'
import { limit } from '../../../kernel/index.js'
import {
  findPythonProgram,
  programEnvironment,
  pythonsTried,
  runScript,
  type ScriptTools,
} from '../../training/index.js'
import { completed, type Outcome, type StepAtWork } from './step-at-work.js'

type Command = Extract<WorkerStep, { kind: 'command' | 'python' }>

/** Longest delay of a timer. */
const timerMsMax = 2 ** 31 - 1

/** What programs of a flow are run with. */
export interface CommandTools {
  readonly script: ScriptTools
}

/**
 * Runs a program of a flow beside a process that watches it, and ends it with all that it started when the run is cancelled, its time is
 * over, or the worker is gone. Its output goes to the log of the step as it comes. Throws `flow_command_failed`, `flow_command_missing`,
 * `flow_step_timed_out`.
 */
export async function performCommand(step: StepAtWork<Command>, { script: tools }: CommandTools): Promise<Outcome> {
  const { session, ctx, name, idempotencyKey, work, timeoutMs } = step
  const { run } = session
  const folder = await folderOf(run.project, work.folder, tools)
  const [given = '', ...rest] = work.command
  const [command, args] = work.kind === 'python' ? [await python(folder, tools), [given, ...rest]] : [given, rest]
  const shown = work.kind === 'python' ? given : command
  const end = await runScript({
    asked: {
      command,
      args,
      folder,
      environment: {
        ...programEnvironment(tools),
        FABRIQUE_URL: tools.trackingUri,
        FABRIQUE_FLOW_RUN: run.id,
        FABRIQUE_STEP: name,
        FABRIQUE_IDEMPOTENCY_KEY: idempotencyKey,
        ...(work.experiment === undefined ? {} : { MLFLOW_EXPERIMENT_NAME: work.experiment }),
        ...work.environment,
      },
      tellsLines: true,
      logBytesMax: limit('training.script_log_bytes_max'),
      timeoutMs: Math.min(timeoutMs ?? limit('training.script_seconds_max') * 1000, timerMsMax),
    },
    signal: session.signal,
    onLines(lines, dropped) {
      const at = ctx.clock.now()
      session.log(lines.map((line) => ({ ...line, at, step: name, level: 'info' as const })))
      if (dropped === 0) return
      session.log([{ at, step: name, level: 'warn', stream: 'log', text: `… ${dropped} lines left out` }])
    },
    onStart: (pid) => ctx.log.info({ flow_run: run.id, step: name, pid }, 'A program of a flow has begun'),
  })
  if (end.kind === 'missing') throw new FabriqueError('flow_command_missing', { command: shown, reason: end.reason })
  if (end.isTimeout) throw new FabriqueError('flow_step_timed_out', { step: name, seconds: (timeoutMs ?? 0) / 1000 })
  if (end.status !== 'status 0') {
    throw new FabriqueError('flow_command_failed', { command: shown, status: end.status, tail: end.tail })
  }
  return completed({ status: end.status })
}

async function python(folder: string, tools: ScriptTools): Promise<string> {
  const found = await findPythonProgram(tools.python, folder, tools)
  if (found !== undefined) return found
  throw new FabriqueError('flow_command_missing', {
    command: tools.python ?? pythonsTried,
    reason: 'no such program was found',
    reason_fr: 'aucun programme de ce nom n’a été trouvé',
  })
}

/** A folder of the project on this machine; never one outside of it. */
async function folderOf(project: string, asked: string | undefined, tools: ScriptTools): Promise<string> {
  const own = tools.folderOf(project)
  const root = own === undefined ? undefined : await realpath(own).catch(() => undefined)
  const folder = root === undefined ? undefined : await realpath(join(root, asked ?? '.')).catch(() => undefined)
  const inside = root === undefined || folder === undefined ? '..' : relative(root, folder)
  if (folder !== undefined && !isAbsolute(inside) && inside.split(sep)[0] !== '..') return folder
  throw new FabriqueError('flow_command_missing', {
    command: asked ?? '.',
    reason: 'there is no such folder in the project',
    reason_fr: 'ce dossier n’existe pas dans le projet',
  })
}
