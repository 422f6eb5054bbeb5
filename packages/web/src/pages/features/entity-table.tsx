import type { Entity } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'

/** What features are about, with the keys that tell one from another. */
export function EntityTable({ entities }: { readonly entities: readonly Entity[] }) {
  const { t } = useI18n()
  return (
    <DataTable
      label={t.features.entities}
      rows={entities}
      rowKey={({ definition }) => definition.name}
      columns={[
        {
          id: 'name',
          header: t.features.name,
          isWide: true,
          render: ({ definition: { name, description } }) => (
            <div>
              <strong>{name}</strong>
              {description !== undefined && <p className="small muted">{description}</p>}
            </div>
          ),
        },
        {
          id: 'keys',
          header: t.features.keys,
          render: ({ definition: { keys } }) => (
            <code className="wraps-narrow">
              {keys.map(({ name, type }) => (type === undefined ? name : t.features.keyType(name, type))).join(', ')}
            </code>
          ),
        },
        {
          id: 'views',
          header: t.features.views,
          render: ({ project, views }) =>
            views.length === 0 ? (
              <span className="muted">–</span>
            ) : (
              <ul className="inline-list">
                {views.map((view) => (
                  <li key={view}>
                    <AppLink to={paths.featureView({ project, view })}>{view}</AppLink>
                  </li>
                ))}
              </ul>
            ),
        },
        { id: 'owner', header: t.features.owner, render: ({ definition: { owner } }) => owner ?? '–' },
      ]}
    />
  )
}
