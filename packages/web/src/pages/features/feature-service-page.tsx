import type { FeatureService, FeatureView } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ApiProblem } from '../../api/api-problem.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { featureQueries } from './feature-queries.js'
import { FreshnessWord } from './freshness-word.jsx'
import { serviceFeatures } from './service-features.js'
import './features.css'

const route = getRouteApi(patterns.featureService)

/** One feature service: the features that models of it are trained on and served with, by view and version. */
export function FeatureServicePage() {
  const { t } = useI18n()
  const { project, service: name } = route.useParams()
  const services = useQuery(featureQueries.services(project))
  const views = useQuery(featureQueries.views(project))
  const service = services.data?.items.find((one) => one.name === name)
  return (
    <Page
      title={name}
      crumbs={[
        { label: project },
        { label: t.features.title, to: paths.features({ project }) },
        { label: t.features.services },
      ]}
      lead={service?.definition.description === undefined ? undefined : <span>{service.definition.description}</span>}
      actions={
        service === undefined ? undefined : (
          <AppLink to={paths.lookUp({ project })} search={{ of: `service:${name}` }} className="button-link">
            {t.features.view.lookUp}
          </AppLink>
        )
      }
    >
      <Load query={services} lines={6}>
        {() =>
          service === undefined ? (
            <FailurePanel
              error={
                new ApiProblem({
                  code: 'feature_service_not_found',
                  status: 404,
                  message: t.features.service.missing(name),
                  hint: t.features.service.missingHint,
                })
              }
            />
          ) : (
            <Load query={views} lines={6}>
              {({ items }) => <ServiceBody service={service} views={items} />}
            </Load>
          )
        }
      </Load>
    </Page>
  )
}

interface ServiceBodyProps {
  readonly service: FeatureService
  readonly views: readonly FeatureView[]
}

function ServiceBody({ service, views }: ServiceBodyProps) {
  const { t, f } = useI18n()
  const { project, name, version, definition } = service
  const words = t.features.service
  const tags = Object.entries(definition.tags)
  return (
    <>
      <FactRow
        facts={[
          { name: t.features.version, value: f.integer(version) },
          ...(definition.owner === undefined ? [] : [{ name: t.features.owner, value: definition.owner }]),
          ...(tags.length === 0
            ? []
            : [
                {
                  name: t.features.tags,
                  value: tags.map(([key, value]) => (value === '' ? key : `${key}: ${value}`)).join(', '),
                },
              ]),
          { name: words.applied, value: <Moment at={service.applied_at} /> },
        ]}
      />
      <p className="muted">{words.pinned}</p>
      <DataTable
        label={t.features.views}
        rows={serviceFeatures(service)}
        rowKey={({ view }) => view}
        columns={[
          {
            id: 'view',
            header: t.features.lookUp.view,
            render: ({ view, version: pinned }) => (
              <AppLink to={paths.featureView({ project, view })} search={{ version: String(pinned) }}>
                {`${view}@${pinned}`}
              </AppLink>
            ),
          },
          {
            id: 'features',
            header: words.features,
            isWide: true,
            render: ({ features, prefix }) =>
              features === undefined ? (
                prefix === '' ? (
                  words.all
                ) : (
                  words.allAs(prefix)
                )
              ) : (
                <code className="feature-sql">
                  {features
                    .map(({ name: feature, as }) => (feature === as ? feature : words.as(feature, as)))
                    .join(', ')}
                </code>
              ),
          },
          {
            id: 'fresh',
            header: t.features.freshness,
            render: ({ view }) => {
              const found = views.find((one) => one.name === view)
              return found === undefined ? '–' : <FreshnessWord view={found} />
            },
          },
        ]}
      />
      <Snippet
        title={words.train}
        code={`fabrique features get-historical ${project} --entities labels@latest --service ${name} --into ${name}_training`}
      />
    </>
  )
}
