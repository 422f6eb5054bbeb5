import type { ModelChange } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { modelQueries } from './model-queries.js'

/** Every change of a model from the audit trail: who changed what when and why, from what to what. */
export function ModelChanges({ model }: { readonly model: string }) {
  const { t } = useI18n()
  const query = useInfiniteQuery(modelQueries.modelHistory(model))
  if (query.error !== null && query.data === undefined)
    return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  if (query.data === undefined) return <SkeletonLines lines={8} />
  const changes = query.data.pages.flatMap(({ items }) => items)
  if (changes.length === 0) return <p className="muted">{t.models.noChanges}</p>
  const numbered = changes.map((change, index) => ({ ...change, index }))
  const value = (text: string | undefined) =>
    text === undefined || text === '' ? <span className="muted">–</span> : <Value text={text} />
  return (
    <div className="stack">
      <p className="muted">{t.models.changesIntro}</p>
      <DataTable<ModelChange & { readonly index: number }>
        label={t.models.tabs.changes}
        rows={numbered}
        rowKey={({ index }) => String(changes.length - index)}
        columns={[
          { id: 'at', header: t.models.when, render: ({ at }) => <Moment at={at} relative={false} /> },
          { id: 'who', header: t.models.who, render: ({ actor }) => actor },
          {
            id: 'what',
            header: t.models.what,
            render: ({ what, key }) => (key === undefined ? t.models.whats[what] : `${t.models.whats[what]} ${key}`),
          },
          {
            id: 'version',
            header: t.models.version,
            render: ({ version }) =>
              version === undefined ? (
                <span className="muted">–</span>
              ) : (
                <AppLink to={paths.modelVersion({ model, version })}>{version}</AppLink>
              ),
          },
          { id: 'from', header: t.models.from, render: ({ from }) => value(from) },
          { id: 'to', header: t.models.to, render: ({ to }) => value(to) },
          {
            id: 'why',
            header: t.edit.reason,
            isWide: true,
            render: ({ reason }) => reason || <span className="muted">–</span>,
          },
        ]}
      />
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

const shownMax = 60

/** A value of a change; a long one is cut and stands whole in its title. */
function Value({ text }: { readonly text: string }) {
  return text.length > shownMax ? <span title={text}>{`${text.slice(0, shownMax)}…`}</span> : text
}
