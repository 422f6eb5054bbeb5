import type { FeatureView } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { FreshnessWord } from './freshness-word.jsx'
import { matchesView } from './match-view.js'

/** The views of a project, searched by words. */
export function ViewList({ views, filter }: { readonly views: readonly FeatureView[]; readonly filter: string }) {
  const { t, f } = useI18n()
  const changeSearch = useSearchChange()
  const found = views.filter((view) => matchesView(view, filter))
  return (
    <div className="stack">
      <div className="row">
        <TextInput
          aria-label={t.features.find}
          placeholder={t.features.find}
          leftSection={<Icon name="search" size={14} />}
          value={filter}
          onChange={(event) => changeSearch({ filter: event.currentTarget.value })}
          style={{ flex: '0 1 420px' }}
        />
        <p className="small muted" role="status">
          {found.length < views.length
            ? t.common.showingOf(f.integer(found.length), f.integer(views.length))
            : t.features.count(views.length)}
        </p>
      </div>
      {found.length === 0 ? (
        <div className="row">
          <p className="muted">{t.features.noMatch}</p>
          <Button variant="subtle" onClick={() => changeSearch({})}>
            {t.common.clearFilter}
          </Button>
        </div>
      ) : (
        <ViewTable views={found} />
      )}
    </div>
  )
}

function ViewTable({ views }: { readonly views: readonly FeatureView[] }) {
  const { t, f } = useI18n()
  return (
    <DataTable
      label={t.features.views}
      rows={views}
      rowKey={({ name }) => name}
      columns={[
        {
          id: 'name',
          header: t.features.name,
          isWide: true,
          render: ({ project, name: view, definition: { description } }) => (
            <div>
              <AppLink to={paths.featureView({ project, view })}>{view}</AppLink>
              {description !== undefined && (
                <p className="small muted">
                  <span className="clamp">{description}</span>
                </p>
              )}
            </div>
          ),
        },
        {
          id: 'entities',
          header: t.features.entities,
          render: ({ definition: { entities } }) => entities.join(', '),
        },
        {
          id: 'features',
          header: t.features.features,
          isNumber: true,
          render: ({ features }) => f.integer(features.length),
        },
        { id: 'fresh', header: t.features.freshness, render: (view) => <FreshnessWord view={view} /> },
        {
          id: 'keys',
          header: t.features.onlineKeys,
          isNumber: true,
          render: ({ materialized }) => (materialized === undefined ? '–' : f.integer(materialized.keys)),
        },
        {
          id: 'services',
          header: t.features.services,
          render: ({ project, services }) => <ServiceLinks project={project} services={services} />,
        },
        { id: 'owner', header: t.features.owner, render: ({ definition: { owner } }) => owner ?? '–' },
        { id: 'version', header: t.features.version, isNumber: true, render: ({ version }) => f.integer(version) },
      ]}
    />
  )
}

/** Services as links, in one line. */
export function ServiceLinks({
  project,
  services,
}: {
  readonly project: string
  readonly services: readonly string[]
}) {
  if (services.length === 0) return <span className="muted">–</span>
  return (
    <ul className="inline-list">
      {services.map((service) => (
        <li key={service}>
          <AppLink to={paths.featureService({ project, service })}>{service}</AppLink>
        </li>
      ))}
    </ul>
  )
}
