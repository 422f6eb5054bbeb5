import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { featureTabs } from '../../routing/search.js'
import { EntityTable } from './entity-table.jsx'
import { featureQueries } from './feature-queries.js'
import { serviceSnippet, viewSnippet } from './feature-snippets.js'
import { ServiceTable } from './service-table.jsx'
import { ViewList } from './view-list.jsx'
import './features.css'

const route = getRouteApi(patterns.features)

/** What a project declares of features: views with how fresh they are, services, entities. */
export function FeaturesPage() {
  const { t } = useI18n()
  const { project } = route.useParams()
  const views = useQuery(featureQueries.views(project))
  const hasViews = (views.data?.items.length ?? 0) > 0
  return (
    <Page
      title={t.features.title}
      crumbs={[{ label: project }]}
      actions={
        hasViews ? (
          <AppLink to={paths.lookUp({ project })} className="button-link">
            {t.features.lookUp.title}
          </AppLink>
        ) : undefined
      }
    >
      <Load query={views} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.features.emptyTitle(project)}
              text={t.features.emptyText}
              snippets={[{ title: 'fabrique.config.ts', code: viewSnippet }]}
            />
          ) : (
            <Declared project={project} />
          )
        }
      </Load>
    </Page>
  )
}

function Declared({ project }: { readonly project: string }) {
  const { t, f } = useI18n()
  const { tab = 'views', filter } = route.useSearch()
  const views = useQuery(featureQueries.views(project))
  const services = useQuery(featureQueries.services(project))
  const entities = useQuery(featureQueries.entities(project))
  const counts = {
    views: views.data?.items.length,
    services: services.data?.items.length,
    entities: entities.data?.items.length,
  }
  return (
    <>
      <Tabs
        label={t.features.tabs.label}
        current={tab}
        tabs={featureTabs.map((id) => {
          const count = counts[id]
          return {
            id,
            label: t.features.tabs[id],
            to: paths.features({ project }),
            search: id === 'views' ? { filter } : { tab: id },
            ...(count === undefined ? {} : { count: f.integer(count) }),
          }
        })}
      />
      {tab === 'views' && (
        <Load query={views} lines={5}>
          {({ items }) => <ViewList views={items} filter={filter ?? ''} />}
        </Load>
      )}
      {tab === 'services' && (
        <Load query={services} lines={3}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState
                title={t.features.noServices}
                text={t.features.noServicesText}
                snippets={[{ title: 'fabrique.config.ts', code: serviceSnippet }]}
              />
            ) : (
              <ServiceTable services={items} />
            )
          }
        </Load>
      )}
      {tab === 'entities' && (
        <Load query={entities} lines={3}>
          {({ items }) => <EntityTable entities={items} />}
        </Load>
      )}
    </>
  )
}
