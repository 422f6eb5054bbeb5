import { execFile } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import type { LoadedProject } from '@fabrique/server'
import { createJiti } from 'jiti'
import { type ProjectDeclaration, projectBrand } from '../sdk/define-project.js'
import { codeTransform } from './transform-code.js'

export const projectFile = 'fabrique.config.ts'

/** The project folders at a place: the folder itself, or those directly below it. Throws `project_not_found`. */
export function findProjectFolders(place: string): readonly string[] {
  const folder = resolve(place)
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new FabriqueError('project_not_found', { where: `${place} is not a folder` })
  }
  if (existsSync(join(folder, projectFile))) return [folder]
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, projectFile)))
    .map((entry) => join(folder, entry.name))
    .sort()
  if (below.length === 0) throw new FabriqueError('project_not_found', { where: `${place} has no ${projectFile}` })
  return below
}

function isProject(value: unknown): value is ProjectDeclaration {
  return typeof value === 'object' && value !== null && projectBrand in value
}

/** Loads the project of a folder, as a worker has it. Throws as `loadDeclaration`. */
export async function loadProject(folder: string): Promise<LoadedProject> {
  const { definition, promotionRules, sources, featureCode } = await loadDeclaration(folder)
  return { folder, definition, promotionRules, sources, featureCode, gitCommit: await gitCommitOf(folder) }
}

/**
 * What the project of a folder declares, with its functions: runs its `fabrique.config.ts`. Throws `project_broken` with file, line and what
 * is wrong, or `project_invalid`.
 */
export async function loadDeclaration(folder: string): Promise<ProjectDeclaration> {
  const path = join(folder, projectFile)
  const alias = fabriqueFor(path)
  const { transform, release } = codeTransform()
  const jiti = createJiti(path, { fsCache: false, moduleCache: false, interopDefault: true, alias, transform })
  let loaded: unknown
  try {
    loaded = await jiti.import(path, { default: true })
  } catch (error) {
    if (isFabriqueError(error)) throw error
    throw brokenProject(path, error)
  } finally {
    release()
  }
  if (isProject(loaded)) return loaded
  throw new FabriqueError('project_broken', {
    location: relative(process.cwd(), path) || path,
    reason: 'its default export is not made by defineProject',
  })
}

/** A project that has not installed `fabrique` gets the one that runs: right after `fabrique init`, it starts. */
function fabriqueFor(path: string): Record<string, string> {
  try {
    createRequire(path).resolve('fabrique')
    return {}
  } catch {
    const own = createRequire(import.meta.url)
    return Object.fromEntries(
      ['fabrique/client', 'fabrique/mlflow', 'fabrique'].map((name) => [name, own.resolve(name)]),
    )
  }
}

/** Finds the place in the project's own files that an error points to: in its message or its stack. */
function brokenProject(path: string, error: unknown): FabriqueError {
  const shown = relative(process.cwd(), path) || path
  if (!(error instanceof Error)) {
    return new FabriqueError('project_broken', { location: shown, reason: String(error) }, { cause: error })
  }
  const text = `${error.message}\n${error.stack ?? ''}`
  const place = new RegExp(`${basename(path).replaceAll('.', '\\.')}:(\\d+)(?::(\\d+))?`).exec(text)
  const inMessage = /\((\d+):(\d+)\)/.exec(error.message)
  const [, line, column] = place ?? inMessage ?? []
  const location =
    line === undefined ? shown : `${shown} line ${line}${column === undefined ? '' : `, column ${column}`}`
  const [firstLine = ''] = error.message.split('\n')
  const reason = `${firstLine
    .replaceAll(path, basename(path))
    .replace(/^ParseError: /, '')
    .replace(/\s*\(\d+:\d+\)$/, '')}`
  return new FabriqueError('project_broken', { location, reason }, { cause: error })
}

/** Commit of the code, or undefined where there is no git. */
async function gitCommitOf(folder: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', folder, 'rev-parse', 'HEAD'], { timeout: 2_000 })
    return /^[0-9a-f]{40}$/.test(stdout.trim()) ? stdout.trim() : undefined
  } catch {
    return undefined
  }
}
