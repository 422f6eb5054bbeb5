import type { FeatureService } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

/** The services of a project, with the versions of the views that they were applied with. */
export function ServiceTable({ services }: { readonly services: readonly FeatureService[] }) {
  const { t, f } = useI18n()
  return (
    <DataTable
      label={t.features.services}
      rows={services}
      rowKey={({ name }) => name}
      columns={[
        {
          id: 'name',
          header: t.features.name,
          isWide: true,
          render: ({ project, name: service, definition: { description } }) => (
            <div>
              <AppLink to={paths.featureService({ project, service })}>{service}</AppLink>
              {description !== undefined && <p className="small muted">{description}</p>}
            </div>
          ),
        },
        { id: 'version', header: t.features.version, isNumber: true, render: ({ version }) => f.integer(version) },
        {
          id: 'views',
          header: t.features.views,
          render: ({ project, views }) => (
            <ul className="inline-list">
              {views.map(({ view, version }) => (
                <li key={view}>
                  <AppLink to={paths.featureView({ project, view })} search={{ version: String(version) }}>
                    {`${view}@${version}`}
                  </AppLink>
                </li>
              ))}
            </ul>
          ),
        },
        { id: 'owner', header: t.features.owner, render: ({ definition: { owner } }) => owner ?? '–' },
        { id: 'applied', header: t.features.service.applied, render: ({ applied_at }) => <Moment at={applied_at} /> },
      ]}
    />
  )
}
