import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { dirname, isAbsolute, join as joinPosix, normalize } from 'node:path/posix'
import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { type DvcOutput, invalidFile, isPlainPath } from './dvc-model.js'
import { hashOf, type OutputText, readDvcFile, readLockFile, readStages } from './dvc-yaml.js'

/**
 * Every output that the repository tracks now, by path: those of `.dvc` files and of `dvc.lock` files, without those that DVC does not
 * cache. With targets only those: paths, folders, `.dvc` files or stages; a file that no target names may be invalid.
 * Throws `dvc_file_invalid`, `dvc_target_not_found`, `dvc_repository_too_large`.
 */
export async function findOutputs(root: string, targets: readonly string[]): Promise<readonly DvcOutput[]> {
  const wanted = targets.map((target) => normalize(target).replace(/\/$/, ''))
  const used = new Set<string>()
  const isWanted = (names: readonly string[]) => {
    if (wanted.length === 0) return true
    const by = wanted.filter((target) => names.some((name) => name === target || name.startsWith(`${target}/`)))
    for (const target of by) used.add(target)
    return by.length > 0
  }
  const outputs = new Map<string, DvcOutput>()
  const add = (output: DvcOutput) => {
    const { path, declaredIn, stage } = output
    const names = [path, declaredIn, ...(stage === undefined ? [] : [stage, `${declaredIn}:${stage}`])]
    if (!isWanted(names)) return
    const other = outputs.get(path)
    if (other !== undefined) invalidFile(declaredIn, `${path} is told of by ${other.declaredIn} as well`)
    outputs.set(path, output)
    if (outputs.size > limit('dvc.outputs_max')) {
      throw new FabriqueError('dvc_repository_too_large', { folder: root, limit: limit('dvc.outputs_max') })
    }
  }
  for (const file of await findDvcFiles(root)) {
    try {
      const found = file.endsWith('.dvc') ? await outputsOfFile(root, file) : await outputsOfLock(root, file)
      for (const output of found) add(output)
    } catch (error) {
      const isInvalid = isFabriqueError(error) && error.code === 'dvc_file_invalid'
      if (!isInvalid || isWanted([file, file.replace(/\.dvc$/, '')])) throw error
    }
  }
  const missing = wanted.find((target) => !used.has(target))
  if (missing !== undefined) throw new FabriqueError('dvc_target_not_found', { target: missing })
  return [...outputs.values()].sort((left, right) => (left.path < right.path ? -1 : 1))
}

/** The `.dvc` and `dvc.lock` files, without those of repositories inside; links are not followed. */
async function findDvcFiles(root: string): Promise<readonly string[]> {
  const files: string[] = []
  const folders = ['']
  let seen = 0
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(join(root, folder), { withFileTypes: true })
    seen += entries.length
    if (seen > limit('dvc.scanned_max')) {
      throw new FabriqueError('dvc_repository_too_large', { folder: root, limit: limit('dvc.scanned_max') })
    }
    if (folder !== '' && entries.some((entry) => entry.name === '.dvc' && entry.isDirectory())) continue
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) {
        if (entry.name !== '.git' && entry.name !== '.dvc') folders.push(path)
      } else if (isDvcFile(entry)) files.push(path)
    }
  }
  return files.sort()
}

function isDvcFile(entry: Dirent): boolean {
  return entry.isFile() && (entry.name === 'dvc.lock' || (entry.name.endsWith('.dvc') && entry.name !== '.dvc'))
}

async function outputsOfFile(root: string, file: string): Promise<readonly DvcOutput[]> {
  const { wdir, outs } = await readDvcFile(join(root, file), file)
  return outs.flatMap((output) => toOutput(output, { file, wdir, uncached: new Set() }))
}

async function outputsOfLock(root: string, file: string): Promise<readonly DvcOutput[]> {
  const locked = await readLockFile(join(root, file), file)
  const stagesFile = file.replace(/lock$/, 'yaml')
  const stages = await readStages(join(root, stagesFile), stagesFile)
  return Object.entries(locked).flatMap(([stage, outs]) => {
    // Stages of a loop are named as `train@first`. One that is no longer in dvc.yaml is no longer tracked.
    const facts = stages.get(stage) ?? stages.get(stage.replace(/@.*$/s, ''))
    if (facts === undefined) return []
    if (facts.wdir?.includes('${') === true) {
      invalidFile(stagesFile, `the folder of stage ${stage} is a template, which is not supported`)
    }
    return outs.flatMap((output) => toOutput(output, { file, stage, ...facts }))
  })
}

interface Declared {
  readonly file: string
  readonly stage?: string
  readonly wdir: string | undefined
  readonly uncached: ReadonlySet<string>
}

function toOutput(output: OutputText, { file, stage, wdir, uncached }: Declared): readonly DvcOutput[] {
  if (output.cache === 'false' || uncached.has(output.path)) return []
  const path = pathInRepository(output.path, wdir, file)
  const hash = hashOf(output, file)
  if (hash === undefined) return []
  const { isexec, remote } = output
  return [{ path, ...hash, declaredIn: file, stage, isExecutable: isexec === 'true', remote }]
}

function pathInRepository(path: string, wdir: string | undefined, file: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) invalidFile(file, `${path} is kept outside of the repository`)
  if (isAbsolute(path) || isAbsolute(wdir ?? '')) invalidFile(file, `${path} is not a path in the repository`)
  const found = normalize(joinPosix(dirname(file), wdir ?? '.', path)).replace(/\/$/, '')
  if (!isPlainPath(found)) invalidFile(file, `${path} leads out of the repository`)
  if (/^\.(?:dvc|git)(?:\/|$)/.test(found)) invalidFile(file, `${path} is a folder of DVC or git`)
  return found
}
