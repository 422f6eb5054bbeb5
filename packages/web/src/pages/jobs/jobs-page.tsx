import type { Job } from '@fabrique/contract'
import { Button, NativeSelect } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { queries } from '../../api/queries.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { JobTable } from '../../components/jobs/job-table.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { patterns } from '../../routing/paths.js'
import { jobStates } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'

const route = getRouteApi(patterns.jobs)

/** Work that takes longer than a request: what waits, what runs, and how it ended. */
export function JobsPage() {
  const { t } = useI18n()
  const { state } = route.useSearch()
  const changeSearch = useSearchChange()
  return (
    <Page title={t.jobs.title} lead={<span>{t.jobs.intro}</span>}>
      <div className="row">
        <NativeSelect
          label={t.jobs.state}
          value={state ?? ''}
          data={[
            { value: '', label: t.jobs.anyState },
            ...jobStates.map((value) => ({ value: `${value}`, label: t.jobs.states[value] })),
          ]}
          onChange={(event) => changeSearch({ state: event.currentTarget.value })}
        />
      </div>
      <JobList key={state ?? 'all'} state={state} />
    </Page>
  )
}

function JobList({ state }: { readonly state: Job['state'] | undefined }) {
  const { t } = useI18n()
  const query = useInfiniteQuery(queries.jobs({ state }))
  const jobs = query.data?.pages.flatMap(({ items }) => items)
  if (query.error !== null && jobs === undefined)
    return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  if (jobs === undefined) return <SkeletonLines lines={6} />
  if (jobs.length === 0) {
    return (
      <EmptyState
        title={t.jobs.empty}
        text={t.jobs.emptyText}
        snippets={[{ title: t.common.fromCli, code: 'fabrique jobs ls' }]}
      />
    )
  }
  return (
    <div className="stack-tight">
      <JobTable label={t.jobs.title} jobs={jobs} />
      {query.hasNextPage && (
        <div>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t.common.loadMore}
          </Button>
        </div>
      )}
    </div>
  )
}
