import { fileAt, readJson, type SourceFile } from './tree.js'

/** The parts of a manifest that the rules look at. */
export interface Manifest {
  readonly name: string
  readonly version?: string
  readonly exports?: Readonly<Record<string, unknown>>
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly allowScripts?: Readonly<Record<string, boolean>>
}

/** A workspace: its folder from the root, its manifest and the file that holds it. */
export interface Workspace {
  readonly folder: string
  readonly manifest: Manifest
  readonly file: SourceFile
}

const manifestPath = /^((?:packages|examples)\/[^/]+|bench)\/package\.json$/

/** Every workspace that the files hold. */
export function workspacesOf(files: readonly SourceFile[]): readonly Workspace[] {
  return files.flatMap((file) => {
    const folder = manifestPath.exec(file.path)?.[1]
    return folder === undefined ? [] : [{ folder, manifest: readJson<Manifest>(file), file }]
  })
}

/** The manifest of the root, where the files hold it. */
export function rootManifest(files: readonly SourceFile[]): Manifest | undefined {
  const file = fileAt(files, 'package.json')
  return file === undefined ? undefined : readJson<Manifest>(file)
}

/** The workspace that a file belongs to. */
export function workspaceOf(workspaces: readonly Workspace[], path: string): Workspace | undefined {
  return workspaces.find(({ folder }) => path.startsWith(`${folder}/`))
}

/** The package a bare specifier names, as `@scope/name`; undefined for relative, built-in and virtual ones. */
export function packageOf(specifier: string): string | undefined {
  if (/^(?:\.|\/|node:|virtual:|#)/.test(specifier)) return undefined
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]
}
