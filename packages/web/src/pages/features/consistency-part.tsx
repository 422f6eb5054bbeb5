import type { ConsistencyCheck, FeatureView } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { showValue } from '../datasets/show-value.js'
import { featureQueries } from './feature-queries.js'
import { keyText } from './look-up-request.js'

/** Whether the online store agrees with the data: the checks, and what differed in the newest. */
export function ConsistencyPart({ view }: { readonly view: FeatureView }) {
  const { t } = useI18n()
  const { project, name } = view
  const query = useInfiniteQuery(featureQueries.checks(project, name))
  const checks = query.data?.pages.flatMap((page) => page.items)
  if (query.error !== null && checks === undefined)
    return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  if (checks === undefined) return <SkeletonLines lines={4} />
  const words = t.features.check
  const [newest] = checks
  return (
    <div className="stack">
      <div className="row">
        <CheckButton view={view} />
        <p className="muted">{words.intro}</p>
      </div>
      {newest === undefined ? (
        <EmptyState
          title={words.none}
          text={view.materialized === undefined ? words.notOnline : words.noneText}
          snippets={
            view.materialized === undefined
              ? []
              : [{ title: t.common.fromCli, code: `fabrique features check ${project} ${name}` }]
          }
        />
      ) : (
        <>
          {newest.mismatches > 0 && <Examples view={view} check={newest} />}
          <CheckTable checks={checks} />
        </>
      )}
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

function CheckButton({ view: { project, name, materialized } }: { readonly view: FeatureView }) {
  const { t } = useI18n()
  const check = useChange(
    () => call('checkFeatures', { params: { project, view: name }, body: {} }),
    ['features', 'jobs'],
  )
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="check" size={14} />}
        disabled={materialized === undefined}
        loading={check.isPending}
        onClick={() => check.mutate(undefined)}
      >
        {t.features.check.start}
      </Button>
      {check.error !== null && <FailurePanel error={check.error} onRetry={() => check.reset()} />}
    </>
  )
}

function CheckTable({ checks }: { readonly checks: readonly ConsistencyCheck[] }) {
  const { t, f } = useI18n()
  const words = t.features.check
  return (
    <DataTable
      label={words.history}
      rows={checks}
      rowKey={({ id }) => id}
      isMarked={({ mismatches }) => mismatches > 0}
      columns={[
        { id: 'checked', header: words.checked, render: ({ checked_at }) => <Moment at={checked_at} /> },
        {
          id: 'result',
          header: words.result,
          render: ({ mismatches }) => (
            <StateWord state={mismatches === 0 ? 'passed' : 'failed'}>
              {mismatches === 0 ? words.agree : words.differ(mismatches)}
            </StateWord>
          ),
        },
        { id: 'version', header: t.features.version, isNumber: true, render: ({ version }) => f.integer(version) },
        { id: 'keys', header: words.keys, isNumber: true, render: ({ keys }) => f.integer(keys) },
        { id: 'values', header: words.values, isNumber: true, render: ({ values }) => f.integer(values) },
      ]}
    />
  )
}

/** Keys whose values differ, each with the way to look it up. */
function Examples({ view, check }: { readonly view: FeatureView; readonly check: ConsistencyCheck }) {
  const { t, f } = useI18n()
  const words = t.features.check
  const { project, name } = view
  return (
    <section className="stack-tight" aria-labelledby="check-examples">
      <h2 id="check-examples">{words.examples}</h2>
      <DataTable
        label={words.examples}
        rows={check.examples}
        rowKey={({ keys, feature }) => `${JSON.stringify(keys)} ${feature}`}
        columns={[
          {
            id: 'keys',
            header: words.keys,
            render: ({ keys }) => (
              <AppLink to={paths.lookUp({ project })} search={{ of: `view:${name}`, keys: JSON.stringify(keys) }}>
                {keyText(keys)}
              </AppLink>
            ),
          },
          { id: 'feature', header: words.feature, render: ({ feature }) => <code>{feature}</code> },
          { id: 'online', header: words.online, isWide: true, render: ({ online }) => showValue(online, f) },
          { id: 'offline', header: words.offline, isWide: true, render: ({ offline }) => showValue(offline, f) },
        ]}
      />
    </section>
  )
}
