import { stat } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { readBounded } from './dvc-yaml.js'

/** A remote of a DVC repository that can be read. */
export type DvcRemote =
  | { readonly kind: 'folder'; readonly folder: string }
  | {
      readonly kind: 's3'
      readonly bucket: string
      /** Without a slash at its end. */
      readonly prefix: string
      readonly endpoint: string | undefined
      readonly region: string | undefined
      readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
    }

export interface DvcConfig {
  /** Folder of the cache. */
  readonly cacheFolder: string
  /** Name of the remote that is asked where none is named. */
  readonly defaultRemote: string | undefined
  /** The remote of a name; throws `dvc_remote_invalid`. */
  remote(name: string): DvcRemote
}

const configBytesMax = 1024 * 1024

type Sections = Map<string, Map<string, string>>

/** Reads `.dvc/config` and `.dvc/config.local` of a repository; settings of the user or the machine are not. */
export async function readDvcConfig(root: string): Promise<DvcConfig> {
  const folder = join(root, '.dvc')
  const sections: Sections = new Map()
  for (const name of ['config', 'config.local']) {
    const path = join(folder, name)
    const isThere = await stat(path).then(
      () => true,
      () => false,
    )
    if (isThere) addSections(sections, (await readBounded(path, `.dvc/${name}`, configBytesMax)).toString('utf8'))
  }
  const cache = sections.get('cache')?.get('dir')
  return {
    cacheFolder: cache === undefined ? join(folder, 'cache') : inFolder(folder, cache),
    defaultRemote: sections.get('core')?.get('remote'),
    remote(name) {
      const settings = sections.get(`remote "${name}"`)
      if (settings === undefined) {
        throw new FabriqueError('dvc_remote_invalid', {
          remote: name,
          reason: 'the repository has no remote of this name',
        })
      }
      return toRemote(name, settings, folder)
    },
  }
}

/** Relative folders of a configuration are relative to it. */
function inFolder(folder: string, path: string): string {
  return isAbsolute(path) ? path : resolve(folder, path)
}

function toRemote(remote: string, settings: ReadonlyMap<string, string>, folder: string): DvcRemote {
  const url = settings.get('url') ?? ''
  const refuse = (reason: string) => {
    throw new FabriqueError('dvc_remote_invalid', { remote, reason })
  }
  if (url === '') refuse('it has no url')
  if (settings.get('version_aware') === 'true' || settings.get('worktree') === 'true') {
    refuse('its versions are kept by the cloud, which is not supported')
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) return { kind: 'folder', folder: inFolder(folder, url) }
  if (scheme === 'file') return { kind: 'folder', folder: url.slice('file://'.length) }
  const s3 = /^s3:\/\/([^/]+)\/?(.*)$/i.exec(url)
  if (s3 === null) refuse(`addresses of ${scheme} cannot be read; folders and S3 can`)
  const accessKeyId = settings.get('access_key_id')
  const secretAccessKey = settings.get('secret_access_key')
  return {
    kind: 's3',
    bucket: s3?.[1] ?? '',
    prefix: (s3?.[2] ?? '').replace(/\/+$/, ''),
    endpoint: settings.get('endpointurl'),
    region: settings.get('region'),
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey },
  }
}

/** The sections of an INI file as DVC writes it: `['remote "name"']`, `key = value`, `#` for comments. */
function addSections(sections: Sections, text: string): void {
  let current = new Map<string, string>()
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim()
    const title = /^\[(.*)\]$/.exec(line)?.[1]
    if (title !== undefined) {
      const name = unquoted(title.trim(), "'")
      current = sections.get(name) ?? new Map()
      sections.set(name, current)
      continue
    }
    const setting = /^([^=#;]+?)\s*=\s*(.*)$/.exec(line)
    if (setting !== null) current.set((setting[1] ?? '').toLowerCase(), settingOf(setting[2] ?? ''))
  }
}

function settingOf(text: string): string {
  const quoted = /^"([^"]*)"|^'([^']*)'/.exec(text)
  return quoted === null ? text.replace(/\s+[#;].*$/, '').trim() : (quoted[1] ?? quoted[2] ?? '')
}

function unquoted(text: string, quote: string): string {
  return text.startsWith(quote) && text.endsWith(quote) && text.length > 1 ? text.slice(1, -1) : text
}
