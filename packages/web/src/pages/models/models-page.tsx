import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import './alias-chips.css'

/** The registered models, with the version behind each alias. */
export function ModelsPage() {
  const { t, f } = useI18n()
  const query = useQuery(queries.models())
  return (
    <Page title={t.models.title}>
      <Load query={query} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.models.emptyTitle}
              text={t.models.emptyText}
              snippets={registerSnippets(t.runs.fromCli)}
            />
          ) : (
            <DataTable
              label={t.models.title}
              rows={items}
              rowKey={({ name }) => name}
              columns={[
                {
                  id: 'name',
                  header: t.models.name,
                  isWide: true,
                  render: ({ name, description }) => (
                    <div>
                      <AppLink to={paths.model({ model: name })}>{name}</AppLink>
                      {description !== '' && <p className="small muted">{description}</p>}
                    </div>
                  ),
                },
                {
                  id: 'aliases',
                  header: t.models.aliases,
                  render: ({ name, aliases }) =>
                    Object.keys(aliases).length === 0 ? (
                      <span className="muted">–</span>
                    ) : (
                      <ul className="chips">
                        {Object.entries(aliases).map(([alias, version]) => (
                          <li key={alias} className="chip">
                            <AppLink to={paths.modelVersion({ model: name, version })}>
                              {`@${alias} → ${version}`}
                            </AppLink>
                          </li>
                        ))}
                      </ul>
                    ),
                },
                {
                  id: 'latest',
                  header: t.models.latest,
                  isNumber: true,
                  render: ({ name, latest_version: version }) =>
                    version === undefined ? (
                      '–'
                    ) : (
                      <AppLink to={paths.modelVersion({ model: name, version })} aria-label={t.common.version(version)}>
                        {version}
                      </AppLink>
                    ),
                },
                {
                  id: 'versions',
                  header: t.models.versions,
                  isNumber: true,
                  render: ({ version_count }) => f.integer(version_count),
                },
                { id: 'updated', header: t.models.updated, render: ({ updated_at }) => <Moment at={updated_at} /> },
              ]}
            />
          )
        }
      </Load>
    </Page>
  )
}

function registerSnippets(cli: string) {
  return [
    { title: cli, code: 'fabrique loop iris' },
    {
      title: 'Python',
      code: `import mlflow

mlflow.set_tracking_uri("${location.origin}")
mlflow.onnx.log_model(model, name="model", registered_model_name="iris")`,
    },
  ]
}
