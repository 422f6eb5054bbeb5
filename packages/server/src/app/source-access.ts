import { FabriqueError } from '@fabrique/contract'
import type { CustomSource, SourceAccess } from '../contexts/datasets/index.js'
import type { Config } from './config/index.js'

/** A project as far as its sources go. */
interface ProjectSources {
  readonly definition: { readonly name: string }
  readonly sources: ReadonlyMap<string, CustomSource>
}

/** True where the setting names the host of an address, alone or with its port. */
function allowsHost(allowed: Config['sources_allow_private'], url: URL): boolean {
  if (typeof allowed === 'boolean') return allowed
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port
  return allowed.includes(url.hostname) || allowed.includes(`${url.hostname}:${port}`)
}

/** What this worker lets sources use: its environment for credentials, and the drivers of its projects. */
export function openSourceAccess(
  config: Pick<Config, 'sources_allow_private'>,
  projects: readonly ProjectSources[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): SourceAccess {
  return {
    secret(name) {
      const value = env[name]
      if (value === undefined || value === '') throw new FabriqueError('source_secret_missing', { name })
      return value
    },
    allowsPrivate: (url) => allowsHost(config.sources_allow_private, url),
    customSource(project, driver) {
      const found = projects.find(({ definition }) => definition.name === project)?.sources.get(driver)
      if (found === undefined) throw new FabriqueError('source_driver_missing', { driver })
      return found
    },
  }
}
