import type { ModelVersion } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { apiPath } from '../../api/client.js'
import { FileBrowser } from '../../components/files/file-browser.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { modelQueries } from './model-queries.js'

/** The files of a version, as they were registered: they can be read and not changed. */
export function VersionFiles({
  version,
  wanted,
}: {
  readonly version: ModelVersion
  readonly wanted: string | undefined
}) {
  const { t } = useI18n()
  const { model, version: number } = version
  const query = useQuery(modelQueries.versionArtifacts(model, number))
  return (
    <Load query={query} lines={6}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="muted">{t.models.noFiles}</p>
        ) : (
          <FileBrowser
            entries={items}
            wanted={wanted}
            page={paths.modelVersion({ model, version: number })}
            search={{ tab: 'files' }}
            label={t.models.versionTabs.files}
            addressOf={(path) => apiPath('downloadVersionArtifact', { model, version: number }, { path })}
            uriOf={(path) => `models:/${model}/${number}/${path}`}
          />
        )
      }
    </Load>
  )
}
