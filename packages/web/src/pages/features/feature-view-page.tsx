import type { FeatureView } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { featureViewTabs } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { ConsistencyPart } from './consistency-part.jsx'
import { featureQueries } from './feature-queries.js'
import { FreshnessWord } from './freshness-word.jsx'
import { MaterializationsPart } from './materializations-part.jsx'
import { StatisticsPart } from './statistics-part.jsx'
import { ViewActions } from './view-actions.jsx'
import { ViewConsumers } from './view-consumers.jsx'
import { ViewDefinition } from './view-definition.jsx'
import { ViewJobs } from './view-jobs.jsx'
import './features.css'

const route = getRouteApi(patterns.featureView)

/** One feature view: what it is made of, who uses it, what is online of it, and whether that agrees with the data. */
export function FeatureViewPage() {
  const { t } = useI18n()
  const { project, view: name } = route.useParams()
  const { version } = route.useSearch()
  const newest = useQuery(featureQueries.view(project, name))
  const shown = useQuery(featureQueries.view(project, name, version))
  const view = shown.data
  return (
    <Page
      title={name}
      crumbs={[{ label: project }, { label: t.features.title, to: paths.features({ project }) }]}
      lead={
        view === undefined ? undefined : (
          <>
            {view.definition.description !== undefined && <span>{view.definition.description}</span>}
            <span>
              {t.features.applied} <Moment at={view.applied_at} /> {t.common.by(view.applied_by)}
            </span>
          </>
        )
      }
      actions={newest.data === undefined ? undefined : <ViewActions view={newest.data} />}
    >
      <Load query={shown} lines={8}>
        {(found) => <ViewBody view={found} newest={newest.data?.version ?? found.version} />}
      </Load>
    </Page>
  )
}

function ViewBody({ view, newest }: { readonly view: FeatureView; readonly newest: number }) {
  const { t, f } = useI18n()
  const { project, name, version, definition, materialized } = view
  const { tab = 'definition', version: asked, feature } = route.useSearch()
  const to = paths.featureView({ project, view: name })
  const tags = Object.entries(definition.tags)
  return (
    <>
      <ViewJobs view={view} />
      {version !== newest && (
        <p className="row" role="status">
          <span className="tone-warning">{t.features.olderVersion(f.integer(version))}</span>
          <AppLink to={to}>{t.features.showNewest}</AppLink>
        </p>
      )}
      <FactRow
        facts={[
          { name: t.features.version, value: <VersionChoice shown={version} newest={newest} /> },
          { name: t.features.entities, value: definition.entities.join(', ') },
          { name: t.features.freshness, value: <FreshnessWord view={view} /> },
          ...(materialized === undefined
            ? []
            : [
                { name: t.features.onlineKeys, value: f.integer(materialized.keys) },
                { name: t.features.view.upTo, value: <Moment at={materialized.until} /> },
              ]),
          ...(definition.owner === undefined ? [] : [{ name: t.features.owner, value: definition.owner }]),
          ...(tags.length === 0
            ? []
            : [
                {
                  name: t.features.tags,
                  value: tags.map(([key, value]) => (value === '' ? key : `${key}: ${value}`)).join(', '),
                },
              ]),
        ]}
      />
      <Tabs
        label={t.features.view.tabs.label}
        current={tab}
        tabs={featureViewTabs.map((id) => ({
          id,
          label: t.features.view.tabs[id],
          to,
          search: { tab: id === 'definition' ? undefined : id, version: asked },
        }))}
      />
      {tab === 'definition' && (
        <>
          <ViewDefinition view={view} />
          <ViewConsumers view={view} />
          <Snippet title={t.common.fromCli} code={`fabrique features show ${project}/${name}`} />
        </>
      )}
      {tab === 'materializations' && <MaterializationsPart view={view} />}
      {tab === 'consistency' && <ConsistencyPart view={view} />}
      {tab === 'statistics' && <StatisticsPart view={view} feature={feature} />}
    </>
  )
}

/** The version shown, and the way to the others: all stay. */
function VersionChoice({ shown, newest }: { readonly shown: number; readonly newest: number }) {
  const { t, f } = useI18n()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  if (newest === 1) return f.integer(shown)
  const versions = Array.from({ length: newest }, (_, index) => newest - index)
  return (
    <NativeSelect
      aria-label={t.features.version}
      value={String(shown)}
      data={versions.map((version) => ({
        value: String(version),
        label: version === newest ? t.features.newestVersion(f.integer(version)) : f.integer(version),
      }))}
      onChange={(event) => {
        const version = event.currentTarget.value
        changeSearch({ ...search, version: version === String(newest) ? undefined : version }, 'push')
      }}
    />
  )
}
