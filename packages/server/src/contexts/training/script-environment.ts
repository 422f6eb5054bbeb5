import { access, constants, realpath, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join, relative, sep } from 'node:path'
import {
  FabriqueError,
  type Json,
  type ModelDefinition,
  type ScriptDefinition,
  type Snapshot,
} from '@fabrique/contract'
import { userEnvironment } from '../../platform/index.js'
import type { ScriptTools } from './training-tools.js'

/** A script and what runs it, as paths of this machine. */
export interface FoundScript {
  readonly command: string
  readonly path: string
  readonly folder: string
}

/** Finds the script of a model in the folder of its project. Throws `script_not_found` or `script_python_missing`. */
export async function findScript(
  { name, script }: { readonly name: string; readonly script: ScriptDefinition },
  project: string | undefined,
  tools: ScriptTools,
): Promise<FoundScript> {
  const refuse = (reason: string, reason_fr: string) =>
    new FabriqueError('script_not_found', { script: script.path, model: name, reason, reason_fr })
  const folder = project === undefined ? undefined : await realpath(project).catch(() => undefined)
  if (folder === undefined) {
    throw refuse(
      'the folder of its project is not on this machine',
      'le dossier de son projet n’est pas sur cette machine',
    )
  }
  const path = await realpath(join(folder, script.path)).catch(() => undefined)
  if (path === undefined || !(await stat(path)).isFile()) {
    throw refuse('there is no such file', 'ce fichier n’existe pas')
  }
  const inside = relative(folder, path)
  if (isAbsolute(script.path) || inside.split(sep)[0] === '..' || isAbsolute(inside)) {
    throw refuse('it lies outside of the folder of its project', 'il est hors du dossier de son projet')
  }
  return { command: await findPython({ name, script }, folder, tools), path, folder }
}

async function findPython(
  { name, script }: { readonly name: string; readonly script: ScriptDefinition },
  folder: string,
  tools: ScriptTools,
): Promise<string> {
  const named = script.python ?? tools.python
  const found = await findPythonProgram(named, folder, tools)
  if (found !== undefined) return found
  throw new FabriqueError('script_python_missing', { model: name, python: named ?? pythonsTried })
}

/** Where a Python is looked for by default. */
export const pythonsTried = '.venv/bin/python, python3, python'

/** The program that was named, that of the project, or what the system has; undefined where there is none. */
export async function findPythonProgram(
  named: string | undefined,
  folder: string,
  { environment }: Pick<ScriptTools, 'environment'>,
): Promise<string | undefined> {
  const places =
    named === undefined
      ? [join(folder, '.venv', 'bin', 'python'), ...onPath('python3', environment), ...onPath('python', environment)]
      : /[/\\]/.test(named)
        ? [isAbsolute(named) ? named : join(folder, named)]
        : onPath(named, environment)
  for (const place of places) {
    if (await isProgram(place)) return place
  }
  return undefined
}

function onPath(program: string, { PATH = '' }: ScriptTools['environment']): readonly string[] {
  return PATH.split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
}

async function isProgram(path: string): Promise<boolean> {
  const isExecutable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
  return isExecutable && (await stat(path)).isFile()
}

export interface ScriptRun {
  readonly model: ModelDefinition
  readonly script: ScriptDefinition
  readonly snapshot: Snapshot
  readonly runId: string
  readonly experimentId: string
  /** A folder with `train.parquet` and `test.parquet`. */
  readonly data: string
}

/** What a script is told, by name. */
function told({ model, script, snapshot, runId, data }: ScriptRun) {
  const json = (value: Json) => JSON.stringify(value)
  return {
    data,
    train: join(data, 'train.parquet'),
    test: join(data, 'test.parquet'),
    snapshot: snapshot.id,
    target: model.label,
    params: json(script.params),
    run_id: runId,
    features: json(model.features),
    task: model.task,
    seed: String(model.seed),
    model: model.name,
    project: snapshot.project,
    ...(model.weight === undefined ? {} : { weight: model.weight }),
  }
}

/** The environment of a script: what programs need, and all that is to know of its training. No secret of the worker is in it. */
export function scriptEnvironment(run: ScriptRun, tools: ScriptTools): Record<string, string> {
  const own = Object.entries(told(run)).map(([name, value]) => [`FABRIQUE_${name.toUpperCase()}`, value] as const)
  return {
    ...programEnvironment(tools),
    ...Object.fromEntries(own),
    MLFLOW_RUN_ID: run.runId,
    MLFLOW_EXPERIMENT_ID: run.experimentId,
  }
}

/** Under the names that clients of MLflow and of Fabrique read. */
export function trackingCredentials({ trackingToken }: Pick<ScriptTools, 'trackingToken'>): Record<string, string> {
  const token = trackingToken?.()
  return token === undefined ? {} : { MLFLOW_TRACKING_TOKEN: token, FABRIQUE_API_KEY: token }
}

/**
 * What every program of a user gets: where programs are, the server that it logs to, and a short-lived key for it. No other secret of the
 * worker is in it.
 */
export function programEnvironment(tools: ScriptTools): Record<string, string> {
  return {
    ...userEnvironment(tools.environment),
    MLFLOW_TRACKING_URI: tools.trackingUri,
    ...trackingCredentials(tools),
    // Never sent through a proxy.
    NO_PROXY: noProxy(tools),
    no_proxy: noProxy(tools),
  }
}

function noProxy({ environment, trackingUri }: ScriptTools): string {
  const given = environment.NO_PROXY ?? environment.no_proxy ?? ''
  return [...new Set([...given.split(','), new URL(trackingUri).hostname])].filter((host) => host !== '').join(',')
}

/** The arguments of a script as they are declared; `{train}` and the like become what they name. */
export function scriptArguments(run: ScriptRun): string[] {
  const values: ReadonlyMap<string, string> = new Map(Object.entries(told(run)))
  return run.script.args.map((arg) => arg.replace(/\{([a-z_]+)\}/g, (whole, name: string) => values.get(name) ?? whole))
}
