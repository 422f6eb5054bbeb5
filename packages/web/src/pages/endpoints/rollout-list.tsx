import type { Rollout } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { type StateName, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { servingQueries } from './serving-queries.js'
import { ShareBar } from './share-bar.jsx'

export const rolloutStates: Readonly<Record<Rollout['state'], StateName>> = {
  running: 'running',
  promoted: 'done',
  rolled_back: 'failed',
  ended: 'killed',
}

/** The roll-outs of a model, newest first. */
export function RolloutList({ model }: { readonly model: string }) {
  const { t } = useI18n()
  const words = t.serving.rollouts
  const query = useQuery(servingQueries.rollouts(model))
  return (
    <Load query={query} lines={4}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState
            title={words.none}
            text={words.noneText}
            snippets={[{ title: t.common.fromCli, code: `fabrique rollouts canary ${model} --candidate 2` }]}
          />
        ) : (
          <DataTable
            label={t.serving.tabs.rollouts}
            rows={items}
            rowKey={({ id }) => id}
            columns={[
              {
                id: 'kind',
                header: words.kind,
                render: ({ id, kind }) => (
                  <AppLink to={paths.rollout({ model, rollout: id })}>{words.kinds[kind]}</AppLink>
                ),
              },
              {
                id: 'state',
                header: words.state,
                render: ({ state }) => <StateWord state={rolloutStates[state]}>{words.states[state]}</StateWord>,
              },
              { id: 'shares', header: words.shares, isWide: true, render: (rollout) => <ShareBar rollout={rollout} /> },
              { id: 'began', header: words.began, render: ({ started_at }) => <Moment at={started_at} /> },
              {
                id: 'ended',
                header: words.ended,
                render: ({ ended_at }) => (ended_at === undefined ? '–' : <Moment at={ended_at} />),
              },
              { id: 'by', header: words.by, render: ({ started_by, ended_by }) => ended_by ?? started_by },
            ]}
          />
        )
      }
    </Load>
  )
}
