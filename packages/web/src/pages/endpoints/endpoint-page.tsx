import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Icon } from '../../components/icon.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { Tabs } from '../../components/tabs.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { endpointTabs } from '../../routing/search.js'
import { DriftLight } from '../monitoring/drift-light.jsx'
import { EndpointFigures } from './endpoint-figures.jsx'
import { LoggedPredictions } from './logged-predictions.jsx'
import { RolloutList } from './rollout-list.jsx'
import { servingQueries } from './serving-queries.js'
import { ShareBar } from './share-bar.jsx'
import { StartRollout } from './start-rollout.jsx'
import './serving.css'

const route = getRouteApi(patterns.endpoint)

/** One model that answers: how much, how fast, which versions, and what was asked. */
export function EndpointPage() {
  const { t } = useI18n()
  const { model } = route.useParams()
  const { tab = 'figures' } = route.useSearch()
  const [isStarting, setStarting] = useState(false)
  const endpoint = useQuery(queries.endpoints()).data?.items.find((each) => each.model === model)
  const running = useQuery(servingQueries.rollouts(model)).data?.items.find(({ state }) => state === 'running')
  const monitors = useQuery(queries.monitors(model)).data?.items
  const words = t.serving
  return (
    <Page
      title={model}
      crumbs={[{ label: t.nav.endpoints, to: paths.endpoints() }]}
      actions={
        <>
          {endpoint !== undefined && (
            <AppLink className="button" to={paths.tryEndpoint({ model })}>
              {t.endpoints.tryIt}
            </AppLink>
          )}
          {running === undefined && (
            <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setStarting(true)}>
              {words.rollouts.start}
            </Button>
          )}
        </>
      }
    >
      {endpoint === undefined ? (
        <p className="muted">{words.unloaded}</p>
      ) : (
        <FactRow
          facts={[
            { name: t.endpoints.state, value: <StateWord state={endpoint.state} /> },
            {
              name: t.endpoints.version,
              value: (
                <AppLink to={paths.modelVersion({ model, version: endpoint.version })}>
                  {t.common.version(endpoint.version)} @{endpoint.alias}
                </AppLink>
              ),
            },
            { name: t.endpoints.path, value: <code>{endpoint.path}</code> },
            {
              name: t.endpoints.loaded,
              value: endpoint.loaded_at === undefined ? t.endpoints.notLoaded : <Moment at={endpoint.loaded_at} />,
            },
            ...(monitors === undefined
              ? []
              : [{ name: t.monitoring.light, value: <DriftLight monitors={monitors} /> }]),
          ]}
        />
      )}
      {endpoint?.error !== undefined && <ProblemPanel title={t.endpoints.notNewest(model)} message={endpoint.error} />}
      {running !== undefined && (
        <section className="rollout-banner" aria-label={words.rollouts.name}>
          <p>
            <strong>{words.rollouts.running(words.rollouts.kinds[running.kind])}</strong>{' '}
            <AppLink to={paths.rollout({ model, rollout: running.id })}>{words.rollouts.open}</AppLink>
          </p>
          <ShareBar rollout={running} />
        </section>
      )}
      <Tabs
        label={words.tabs.label}
        current={tab}
        tabs={endpointTabs.map((id) => ({
          id,
          label: words.tabs[id],
          to: paths.endpoint({ model }),
          search: id === 'figures' ? {} : { tab: id },
        }))}
      />
      {tab === 'figures' && <EndpointFigures model={model} />}
      {tab === 'rollouts' && <RolloutList model={model} />}
      {tab === 'predictions' && <LoggedPredictions model={model} />}
      {isStarting && <StartRollout model={model} onClose={() => setStarting(false)} />}
    </Page>
  )
}
