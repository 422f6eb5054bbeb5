import type { ModelVersion, RegisteredModelDetail } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { AliasChips } from './alias-chips.jsx'
import { AliasHistory } from './alias-history.jsx'
import { MoveAlias } from './move-alias.jsx'

const route = getRouteApi(patterns.model)
const metricColumnsMax = 4

/** One model: its versions, and which of them its aliases meant when. */
export function ModelPage() {
  const { t } = useI18n()
  const { model: name } = route.useParams()
  const query = useQuery(queries.model(name))
  const [isMoving, setIsMoving] = useState(false)
  const [told, tell] = useState('')
  const model = query.data
  return (
    <Page
      title={name}
      crumbs={[{ label: t.models.title, to: paths.models() }]}
      lead={model !== undefined && model.description !== '' ? <span>{model.description}</span> : undefined}
      actions={
        model !== undefined &&
        model.versions.length > 0 && <Button onClick={() => setIsMoving(true)}>{t.models.moveAlias}</Button>
      }
    >
      <p role="status" className={told === '' ? 'visually-hidden' : 'tone-ok'}>
        {told}
      </p>
      <Load query={query} lines={8}>
        {(loaded) => (
          <>
            <Versions model={loaded} />
            <AliasHistory model={name} history={loaded.alias_history} />
            {isMoving && (
              <MoveAlias
                model={loaded}
                onClose={() => setIsMoving(false)}
                onMoved={({ alias, to_version: version = '' }) => {
                  setIsMoving(false)
                  tell(t.models.aliasMoved(alias, version))
                }}
              />
            )}
          </>
        )}
      </Load>
    </Page>
  )
}

/** Accuracy and the like first; the rest by name. */
function metricNames(versions: readonly ModelVersion[]): readonly string[] {
  const names = [...new Set(versions.flatMap(({ metrics }) => Object.keys(metrics)))].sort()
  const first = ['accuracy', 'f1_macro'].filter((name) => names.includes(name))
  return [...first, ...names.filter((name) => !first.includes(name))].slice(0, metricColumnsMax)
}

function Versions({ model }: { readonly model: RegisteredModelDetail }) {
  const { t, f } = useI18n()
  if (model.versions.length === 0) return <p className="muted">{t.models.noVersions}</p>
  return (
    <section className="stack-tight">
      <h2>{t.models.versions}</h2>
      <DataTable
        label={t.models.versions}
        rows={model.versions}
        rowKey={({ version }) => version}
        columns={[
          {
            id: 'version',
            header: t.models.version,
            render: ({ version }) => (
              <AppLink to={paths.modelVersion({ model: model.name, version })}>{t.common.version(version)}</AppLink>
            ),
          },
          { id: 'aliases', header: t.models.aliases, render: ({ aliases }) => <AliasChips aliases={aliases} /> },
          ...metricNames(model.versions).map((name) => ({
            id: `metrics.${name}`,
            header: name,
            isNumber: true,
            render: ({ metrics }: ModelVersion) => {
              const value = metrics[name]?.value
              return value === undefined ? '–' : <span title={f.exact(value)}>{f.metric(value)}</span>
            },
          })),
          { id: 'created', header: t.models.created, render: ({ created_at }) => <Moment at={created_at} /> },
          { id: 'by', header: t.models.createdBy, render: ({ created_by }) => created_by },
        ]}
      />
    </section>
  )
}
