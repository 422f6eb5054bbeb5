import type { RegisteredModel } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { DriftLight } from '../monitoring/drift-light.jsx'
import { CreateModel } from './create-model.jsx'
import { matchesModel } from './match-model.js'
import './alias-chips.css'

const route = getRouteApi(patterns.models)

/** The registered models, with the version behind each alias. */
export function ModelsPage() {
  const { t } = useI18n()
  const { filter = '' } = route.useSearch()
  const query = useQuery(queries.models())
  const [isCreating, setCreating] = useState(false)
  return (
    <Page
      title={t.models.title}
      actions={
        <Button variant="default" onClick={() => setCreating(true)}>
          {t.models.create}
        </Button>
      }
    >
      <Load query={query} lines={5}>
        {({ items, next_page_token }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.models.emptyTitle}
              text={t.models.emptyText}
              snippets={registerSnippets(t.common.fromCli)}
            />
          ) : (
            <ModelList models={items} filter={filter} isComplete={next_page_token === undefined} />
          )
        }
      </Load>
      {isCreating && <CreateModel onClose={() => setCreating(false)} />}
    </Page>
  )
}

interface ModelListProps {
  readonly models: readonly RegisteredModel[]
  readonly filter: string
  readonly isComplete: boolean
}

function ModelList({ models, filter, isComplete }: ModelListProps) {
  const { t, f } = useI18n()
  const changeSearch = useSearchChange()
  const found = models.filter((model) => matchesModel(model, filter))
  return (
    <div className="stack">
      <div className="row">
        <TextInput
          aria-label={t.models.filter}
          placeholder={t.models.filter}
          leftSection={<Icon name="search" size={14} />}
          value={filter}
          onChange={(event) => changeSearch({ filter: event.currentTarget.value })}
          style={{ flex: '0 1 420px' }}
        />
        <p className="small muted" role="status">
          {found.length < models.length || !isComplete
            ? t.common.showingOf(
                f.integer(found.length),
                isComplete ? f.integer(models.length) : `${f.integer(models.length)}+`,
              )
            : t.models.count(models.length)}
        </p>
      </div>
      {found.length === 0 ? (
        <div className="row">
          <p className="muted">{t.models.noMatch}</p>
          <Button variant="subtle" onClick={() => changeSearch({})}>
            {t.common.clearFilter}
          </Button>
        </div>
      ) : (
        <ModelTable models={found} />
      )}
    </div>
  )
}

function ModelTable({ models }: { readonly models: readonly RegisteredModel[] }) {
  const { t, f } = useI18n()
  const monitors = useQuery(queries.monitors()).data?.items ?? []
  return (
    <DataTable
      label={t.models.title}
      rows={models}
      rowKey={({ name }) => name}
      columns={[
        {
          id: 'name',
          header: t.models.name,
          isWide: true,
          render: ({ name, description }) => (
            <div>
              <AppLink to={paths.model({ model: name })}>{name}</AppLink>
              {description !== '' && (
                <p className="small muted">
                  <span className="clamp">{description}</span>
                </p>
              )}
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
                    <AppLink to={paths.modelVersion({ model: name, version })}>{`@${alias} → ${version}`}</AppLink>
                  </li>
                ))}
              </ul>
            ),
        },
        {
          id: 'drift',
          header: t.monitoring.light,
          render: ({ name }) => <DriftLight monitors={monitors.filter(({ model }) => model === name)} />,
        },
        {
          id: 'tags',
          header: t.models.tags,
          render: ({ tags }) => {
            const entries = Object.entries(tags)
            return entries.length === 0 ? (
              <span className="muted">–</span>
            ) : (
              <span className="small">
                {entries.map(([key, value]) => (value === '' ? key : `${key}: ${value}`)).join(', ')}
              </span>
            )
          },
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
