import type { ArtifactEntry } from '@fabrique/contract'

export interface FileNode {
  readonly name: string
  readonly entry: ArtifactEntry
  readonly children: readonly FileNode[]
}

/** Turns a list of paths into a tree: folders first, each level by name. Folders that the list leaves out are made. */
export function fileTree(entries: readonly ArtifactEntry[]): readonly FileNode[] {
  interface Made {
    readonly name: string
    readonly entry: ArtifactEntry
    readonly children: Map<string, Made>
  }
  const top = new Map<string, Made>()
  for (const entry of entries) {
    let level = top
    const parts = entry.path.split('/')
    for (const [depth, name] of parts.entries()) {
      const isLast = depth === parts.length - 1
      const made = level.get(name) ?? {
        name,
        entry: isLast ? entry : { path: parts.slice(0, depth + 1).join('/'), is_folder: true },
        children: new Map(),
      }
      level.set(name, made)
      level = made.children
    }
  }
  const sorted = (level: ReadonlyMap<string, Made>): readonly FileNode[] =>
    [...level.values()]
      .map(({ name, entry, children }) => ({ name, entry, children: sorted(children) }))
      .sort(
        (first, second) =>
          Number(second.entry.is_folder) - Number(first.entry.is_folder) || first.name.localeCompare(second.name),
      )
  return sorted(top)
}

/** The folders that hold a model: those with a file called MLmodel. The root is the empty text. */
export function modelFolders(entries: readonly ArtifactEntry[]): readonly string[] {
  return entries
    .filter(({ path, is_folder }) => !is_folder && (path === 'MLmodel' || path.endsWith('/MLmodel')))
    .map(({ path }) => path.slice(0, Math.max(path.length - '/MLmodel'.length, 0)))
}

export type PreviewKind = 'text' | 'json' | 'csv' | 'tsv' | 'image' | 'html' | 'model' | 'none'

const kinds: Readonly<Record<string, PreviewKind>> = {
  txt: 'text',
  log: 'text',
  md: 'text',
  rst: 'text',
  yaml: 'text',
  yml: 'text',
  py: 'text',
  r: 'text',
  ts: 'text',
  js: 'text',
  toml: 'text',
  ini: 'text',
  cfg: 'text',
  xml: 'text',
  sql: 'text',
  sh: 'text',
  jsonl: 'text',
  html: 'html',
  htm: 'html',
  mlmodel: 'model',
  json: 'json',
  csv: 'csv',
  tsv: 'tsv',
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  gif: 'image',
  webp: 'image',
  svg: 'image',
}

/** How a file is shown, by its name. */
export function previewKind(path: string): PreviewKind {
  const name = path.split('/').at(-1)?.toLowerCase() ?? ''
  return kinds[name.split('.').at(-1) ?? ''] ?? 'none'
}

export const imageTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
}
