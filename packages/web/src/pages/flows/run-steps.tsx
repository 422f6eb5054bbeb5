import type { FlowStep } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { flowQueries, type Steps, stepsMax } from './flow-queries.js'
import { StepDetail } from './step-detail.jsx'
import { StepTable } from './step-table.jsx'

const route = getRouteApi(patterns.flowRun)

/** Steps as a list, or the items of a map; the chosen one in full beside it. */
export function RunSteps({ steps, isOpen }: { readonly steps: Steps; readonly isOpen: boolean }) {
  const { t, f } = useI18n()
  const search = route.useSearch()
  const { map, find = '', step: chosen } = search
  const changeSearch = useSearchChange()
  return (
    <div className="stack">
      <div className="row">
        <TextInput
          aria-label={t.flows.steps.find}
          placeholder={t.flows.steps.find}
          leftSection={<Icon name="search" size={14} />}
          value={find}
          onChange={(event) => changeSearch({ ...search, find: event.currentTarget.value })}
        />
        {!steps.isWhole && (
          <p className="small muted" role="status">
            {t.flows.steps.firstOf(f.integer(stepsMax))}
          </p>
        )}
      </div>
      {map === undefined ? (
        <Listed steps={steps.items} chosen={chosen} find={find} isOpen={isOpen} />
      ) : (
        <MapItems map={map} chosen={chosen} find={find} isOpen={isOpen} />
      )}
    </div>
  )
}

interface ListedProps {
  readonly steps: readonly FlowStep[]
  readonly chosen: string | undefined
  readonly find: string
  readonly isOpen: boolean
  readonly map?: string
}

function Listed({ steps, chosen, find, isOpen, map }: ListedProps) {
  const { t } = useI18n()
  const found = steps.filter(({ name }) => name.toLowerCase().includes(find.trim().toLowerCase()))
  const step = steps.find(({ name }) => name === chosen)
  if (found.length === 0) return <p className="muted">{steps.length === 0 ? t.flows.steps.none : t.flows.noMatch}</p>
  const table = <StepTable steps={found} chosen={chosen} map={map} find={find} />
  return (
    <>
      {step !== undefined && <StepDetail step={step} isOpen={isOpen} />}
      {table}
    </>
  )
}

function MapItems({ map, chosen, find, isOpen }: Omit<ListedProps, 'steps'> & { readonly map: string }) {
  const { t } = useI18n()
  const params = route.useParams()
  const query = useInfiniteQuery(flowQueries.items(params.run, map))
  const items = query.data?.pages.flatMap((page) => page.items)
  return (
    <section className="stack-tight" aria-labelledby="map-items">
      <div className="row">
        <h2 id="map-items">{t.flows.steps.itemsOf(map)}</h2>
        <AppLink to={paths.flowRun(params)} search={{ tab: 'steps', step: map }}>
          {t.flows.steps.allSteps}
        </AppLink>
      </div>
      {query.error !== null && items === undefined && (
        <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonLines lines={4} />}
      {items !== undefined && <Listed steps={items} chosen={chosen} find={find} isOpen={isOpen} map={map} />}
      {query.hasNextPage && (
        <div>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t.common.loadMore}
          </Button>
        </div>
      )}
    </section>
  )
}
