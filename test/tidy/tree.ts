import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file of the repository: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** One thing that is not tidy. The message names the replacement. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** Looks at files and says what is not tidy. Pure, so that each rule is tried on a bad sample as well. */
export type Rule = (files: readonly SourceFile[]) => readonly Finding[]

/** The root of the repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

const textFiles =
  /(?:\.(?:ts|tsx|mts|mjs|cjs|js|json|md|css|html|svg|sql|py|sh|yml|yaml|toml|txt)|Dockerfile|\.npmrc|\.gitignore|\.dockerignore|LICENSE|\.ci\/run)$/
const skippedFolders = new Set(['node_modules', 'dist', '.git', '.fabrique', '.cache', '.types', 'coverage'])

/** Every path that git tracks or would track; a plain walk where there is no git, as in an unpacked archive. */
function listPaths(): readonly string[] {
  try {
    const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
    return [...new Set(listed.split('\0').filter((path) => path !== ''))]
  } catch {
    return walkFolder('')
  }
}

function walkFolder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (skippedFolders.has(entry.name)) return []
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    return entry.isDirectory() ? walkFolder(path) : [path]
  })
}

let cachedPaths: readonly string[] | undefined
let cached: readonly SourceFile[] | undefined

/** The paths of all files of the repository, those that are not text included. */
export function repositoryPaths(): readonly string[] {
  cachedPaths ??= listPaths().filter((path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true)
  return cachedPaths
}

/** The text files of the repository, read once. */
export function repositoryFiles(): readonly SourceFile[] {
  cached ??= repositoryPaths()
    .filter((path) => textFiles.test(path))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
  return cached
}

/** Number of the line, from 1, that holds an offset. */
export function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

/** A finding as it is shown. */
export function showFinding({ path, line, message }: Finding): string {
  return `${path}:${line}  ${message}`
}

/** The file at a path, or undefined. */
export function fileAt(files: readonly SourceFile[], path: string): SourceFile | undefined {
  return files.find((file) => file.path === path)
}

/** A JSON file as the type the caller knows it to have: manifests and the lock file, which npm has checked. */
export function readJson<Shape>(file: SourceFile): Shape {
  return JSON.parse(file.text) as Shape
}
