import type { ModelVersion } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { ApiProblem } from '../../api/api-problem.js'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { EditableText } from '../../components/editable-text.jsx'
import { Load, SkeletonLines } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { HowToLoad } from './how-to-load.jsx'
import { modelQueries } from './model-queries.js'
import { VersionActions } from './version-actions.jsx'
import { VersionComparison } from './version-comparison.jsx'
import { VersionFiles } from './version-files.jsx'
import { VersionHead } from './version-head.jsx'
import { VersionMetrics, VersionTags } from './version-side.jsx'
import { VersionSignature } from './version-signature.jsx'

const route = getRouteApi(patterns.modelVersion)
const VersionExplain = lazy(async () => ({ default: (await import('../explain/version-explain.jsx')).VersionExplain }))
const VersionCompare = lazy(async () => ({ default: (await import('../explain/version-compare.jsx')).VersionCompare }))

/** One version: what it takes and gives, how good it was, where it comes from, how to use it, and its files. */
export function ModelVersionPage() {
  const { t, f } = useI18n()
  const { model, version } = route.useParams()
  const search = route.useSearch()
  const { tab = 'overview' } = search
  const query = useQuery(modelQueries.modelVersion(model, version))
  const files = useQuery(modelQueries.versionArtifacts(model, version))
  const endpoints = useQuery(queries.endpoints())
  const served = endpoints.data?.items.find((each) => each.model === model)
  const page = paths.modelVersion({ model, version })
  const count = files.data?.items.filter(({ is_folder }) => !is_folder).length
  return (
    <Page
      title={`${model}, ${t.common.version(version).toLowerCase()}`}
      crumbs={[
        { label: t.models.title, to: paths.models() },
        { label: model, to: paths.model({ model }) },
      ]}
      actions={
        <>
          {served !== undefined && (
            <AppLink to={paths.tryEndpoint({ model })} className="button-link">
              {t.models.tryIt}
            </AppLink>
          )}
          <AppLink to={paths.lineage({ kind: 'model_version', id: `${model}/${version}` })} className="button-link">
            {t.nav.lineage}
          </AppLink>
          {query.data !== undefined && <VersionActions version={query.data} />}
        </>
      }
    >
      <Load query={query} lines={8}>
        {(found) => (
          <>
            {isMissing(count, files.error) && (
              <ProblemPanel title={t.models.filesMissing} message={found.source} hint={t.models.filesMissingHint} />
            )}
            <VersionHead version={found} servedAs={served?.version === version ? served.alias : undefined} />
            <Description version={found} />
            <Tabs
              label={t.models.versionTabs.label}
              current={tab}
              tabs={[
                { id: 'overview', label: t.models.versionTabs.overview, to: page },
                { id: 'explain', label: t.models.versionTabs.explain, to: page, search: { tab: 'explain' } },
                { id: 'compare', label: t.models.versionTabs.compare, to: page, search: { tab: 'compare' } },
                {
                  id: 'files',
                  label: t.models.versionTabs.files,
                  to: page,
                  search: { tab: 'files' },
                  ...(count === undefined ? {} : { count: f.integer(count) }),
                },
              ]}
            />
            {tab === 'files' && <VersionFiles version={found} wanted={search.path} />}
            {(tab === 'explain' || tab === 'compare') && (
              <Suspense fallback={<SkeletonLines lines={8} />}>
                {tab === 'explain' ? <VersionExplain version={found} /> : <VersionCompare version={found} />}
              </Suspense>
            )}
            {tab === 'overview' && (
              <div className="columns">
                <div className="stack" style={{ gap: 32 }}>
                  <VersionSignature
                    version={found}
                    files={files.data?.items}
                    served={served?.version === version ? served.signature : undefined}
                  />
                  <VersionComparison version={found} wanted={search.with} />
                  <HowToLoad version={found} files={files.data?.items ?? []} />
                </div>
                <div className="stack" style={{ gap: 32 }}>
                  <VersionMetrics version={found} />
                  <VersionTags version={found} />
                </div>
              </div>
            )}
          </>
        )}
      </Load>
    </Page>
  )
}

/** The server has no file of it. Files that a client keeps elsewhere are not missing: the server says that otherwise. */
function isMissing(count: number | undefined, error: unknown): boolean {
  return count === 0 || (error instanceof ApiProblem && error.code === 'artifact_not_found')
}

function Description({ version: { model, version, description } }: { readonly version: ModelVersion }) {
  const { t } = useI18n()
  const describe = useChange(
    (text: string) => call('updateModelVersion', { params: { model, version }, body: { description: text } }),
    ['models'],
  )
  return (
    <EditableText
      label={t.edit.description}
      value={description}
      empty={t.edit.noDescription}
      onSave={describe.mutateAsync}
    />
  )
}
