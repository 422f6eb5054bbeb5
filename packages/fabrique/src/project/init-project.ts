import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FabriqueError } from '@fabrique/contract/client'
import { fabriqueVersion } from '@fabrique/contract/version'
import type { ProjectTemplate } from './project-templates.js'

/** Where the build puts the examples, beside the compiled code. */
const templatesFolder = fileURLToPath(new URL('../templates/', import.meta.url))

/** What may be in the folder of a new project. */
const ignored: ReadonlySet<string> = new Set(['.git', '.DS_Store'])

/**
 * Writes a new project that starts as one of the examples; returns its files, relative to the folder. Throws
 * `project_folder_not_empty`, or `project_folder_not_writable`.
 */
export function initProject(folder: string, template: ProjectTemplate): readonly string[] {
  checkFolder(folder)
  const from = join(templatesFolder, template)
  const copied = filesBelow(from).map((path) => ({ path: relative(from, path), content: readFileSync(path) }))
  const files = [...copied, ...filesOfPackage(folder)].sort((a, b) => (a.path < b.path ? -1 : 1))
  try {
    for (const { path, content } of files) {
      makeFolder(dirname(resolve(folder, path)))
      // Written and not copied: examples may be installed read-only, and these files are there to be changed.
      writeFileSync(join(folder, path), content, { flag: 'wx' })
    }
  } catch (error) {
    throw notWritable(folder, error)
  }
  return files.map(({ path }) => path)
}

function checkFolder(folder: string): void {
  let entry: string | undefined
  try {
    if (!existsSync(folder)) return
    entry = statSync(folder).isDirectory() ? readdirSync(folder).find((name) => !ignored.has(name)) : basename(folder)
  } catch (error) {
    throw notWritable(folder, error)
  }
  if (entry !== undefined) throw new FabriqueError('project_folder_not_empty', { folder, entry })
}

/** Level by level: Node's recursive way never ends where the system says that there is no such place, as below `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder)
}

function notWritable(folder: string, cause: unknown): FabriqueError<'project_folder_not_writable'> {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new FabriqueError('project_folder_not_writable', { folder, reason }, { cause })
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

/** What makes the folder a package of its own: with `npm install` an editor knows the types. */
function filesOfPackage(folder: string): readonly { readonly path: string; readonly content: string }[] {
  const json = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`
  return [
    {
      path: 'package.json',
      content: json({
        name: packageName(basename(resolve(folder))),
        private: true,
        type: 'module',
        scripts: { start: 'fabrique up' },
        dependencies: { fabrique: fabriqueVersion },
      }),
    },
    {
      path: 'tsconfig.json',
      content: json({
        compilerOptions: {
          target: 'es2023',
          module: 'nodenext',
          types: [],
          strict: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: true,
          noEmit: true,
        },
        include: ['*.ts'],
      }),
    },
    { path: '.gitignore', content: '.fabrique/\nnode_modules/\n' },
  ]
}

/** A name that npm takes, close to that of the folder. */
function packageName(folder: string): string {
  const name = folder
    .normalize('NFD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 100)
  return name === '' ? 'project' : name
}
