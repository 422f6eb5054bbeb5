import type { ArtifactEntry } from '@fabrique/contract'

export interface ArtifactNode {
  readonly name: string
  readonly entry: ArtifactEntry
  readonly children: readonly ArtifactNode[]
}

/** Turns the list of paths into a tree: folders first, each level by name. */
export function artifactTree(entries: readonly ArtifactEntry[], folder = ''): readonly ArtifactNode[] {
  const prefix = folder === '' ? '' : `${folder}/`
  return entries
    .filter(({ path }) => path.startsWith(prefix) && path !== folder && !path.slice(prefix.length).includes('/'))
    .map((entry) => ({
      name: entry.path.slice(prefix.length),
      entry,
      children: entry.is_folder ? artifactTree(entries, entry.path) : [],
    }))
    .sort(
      (first, second) =>
        Number(second.entry.is_folder) - Number(first.entry.is_folder) || first.name.localeCompare(second.name),
    )
}

export type PreviewKind = 'text' | 'json' | 'table' | 'image' | 'none'

const kinds: Readonly<Record<string, PreviewKind>> = {
  txt: 'text',
  log: 'text',
  md: 'text',
  yaml: 'text',
  yml: 'text',
  py: 'text',
  ts: 'text',
  js: 'text',
  toml: 'text',
  ini: 'text',
  cfg: 'text',
  xml: 'text',
  html: 'text',
  sql: 'text',
  sh: 'text',
  mlmodel: 'text',
  json: 'json',
  csv: 'table',
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  gif: 'image',
  webp: 'image',
  svg: 'image',
}

/** How a file is shown, by its name: foreign markup is text, never a page. */
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
