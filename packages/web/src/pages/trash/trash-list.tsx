import type { TrashItem, TrashKind } from '@fabrique/contract'
import { Button, Checkbox, NativeSelect } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { trashKinds } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { PurgeChosen, PurgeOld } from './purge-dialogs.jsx'
import { chosenOf, toggled, trashKey } from './selection.js'
import { trashQueries } from './trash-queries.js'
import { trashTopics } from './trash-topics.js'

/** Deleted things, the last deleted first: choose some, bring them back or erase them. */
export function TrashList({ kind }: { readonly kind: TrashKind | undefined }) {
  const { t } = useI18n()
  const changeSearch = useSearchChange()
  const query = useInfiniteQuery(trashQueries.trash(kind))
  const [told, tell] = useState('')
  const [isPurgingOld, setPurgingOld] = useState(false)
  const items = query.data?.pages.flatMap((page) => page.items)
  return (
    <div className="stack">
      <div className="spread" style={{ alignItems: 'flex-end' }}>
        <NativeSelect
          label={t.trash.kind}
          value={kind ?? ''}
          data={[
            { value: '', label: t.trash.all },
            ...trashKinds.map((value) => ({ value: `${value}`, label: t.trash.kinds[value] })),
          ]}
          onChange={(event) => changeSearch({ kind: event.currentTarget.value })}
        />
        <Button variant="default" onClick={() => setPurgingOld(true)}>
          {t.trash.purgeOld}
        </Button>
      </div>
      <p role="status" className={told === '' ? 'visually-hidden' : 'tone-ok'}>
        {told}
      </p>
      {query.error !== null && items === undefined && (
        <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonLines lines={6} />}
      {items?.length === 0 && <EmptyState title={t.trash.emptyTitle} text={t.trash.emptyText} />}
      {items !== undefined && items.length > 0 && <Items items={items} onTold={tell} />}
      {query.hasNextPage && (
        <div>
          <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t.common.loadMore}
          </Button>
        </div>
      )}
      {isPurgingOld && <PurgeOld onTold={tell} onClose={() => setPurgingOld(false)} />}
    </div>
  )
}

function Items({ items, onTold }: { readonly items: readonly TrashItem[]; readonly onTold: (text: string) => void }) {
  const { t, f } = useI18n()
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set())
  const [isPurging, setPurging] = useState(false)
  const chosen = chosenOf(items, marked)
  const restore = useChange(
    (wanted: readonly TrashItem[]) =>
      call('restoreTrash', { body: { items: wanted.map(({ kind, id }) => ({ kind, id })) } }),
    trashTopics,
    ({ restored }) => {
      setMarked(new Set())
      onTold(t.trash.restored(restored))
    },
  )
  const isAll = chosen.length === items.length
  return (
    <div className="stack">
      <div className="row">
        <Checkbox
          label={t.trash.chooseAll}
          checked={isAll}
          indeterminate={chosen.length > 0 && !isAll}
          onChange={() => setMarked(new Set(isAll ? [] : items.map(trashKey)))}
        />
        <Button
          variant="default"
          leftSection={<Icon name="restore" size={14} />}
          disabled={chosen.length === 0}
          loading={restore.isPending}
          onClick={() => restore.mutate(chosen)}
        >
          {t.trash.restore}
        </Button>
        <Button
          variant="default"
          leftSection={<Icon name="trash" size={14} />}
          disabled={chosen.length === 0}
          onClick={() => setPurging(true)}
        >
          {t.trash.purge}
        </Button>
        <span className="small muted" role="status">
          {chosen.length === 0 ? t.trash.chooseFirst : t.trash.chosen(chosen.length)}
        </span>
      </div>
      {restore.error !== null && <FailurePanel error={restore.error} />}
      <DataTable
        label={t.trash.title}
        rows={items}
        rowKey={trashKey}
        columns={[
          {
            id: 'choose',
            header: t.trash.choose,
            hidesHeader: true,
            isNarrow: true,
            render: (item) => (
              <Checkbox
                aria-label={t.trash.chooseOf(item.name || item.id)}
                checked={marked.has(trashKey(item))}
                onChange={() => setMarked(toggled(marked, trashKey(item)))}
              />
            ),
          },
          { id: 'name', header: t.trash.name, isWide: true, render: (item) => <ItemName item={item} /> },
          { id: 'kind', header: t.trash.kind, render: ({ kind }) => t.trash.kindOf[kind] },
          { id: 'experiment', header: t.trash.experiment, render: ({ experiment }) => experiment },
          { id: 'deleted', header: t.trash.deleted, render: ({ deleted_at }) => <Moment at={deleted_at} /> },
          { id: 'size', header: t.trash.size, isNumber: true, render: ({ artifact_bytes }) => f.bytes(artifact_bytes) },
        ]}
      />
      {isPurging && (
        <PurgeChosen
          items={chosen}
          onTold={(text) => {
            setMarked(new Set())
            onTold(text)
          }}
          onClose={() => setPurging(false)}
        />
      )}
    </div>
  )
}

/** A run can still be read in the trash, so its name leads to it. */
function ItemName({ item }: { readonly item: TrashItem }) {
  const { t } = useI18n()
  const name = item.name || item.id
  if (item.kind === 'run') return <AppLink to={paths.run({ project: item.experiment, run: item.id })}>{name}</AppLink>
  return (
    <span>
      {name}
      {item.run_count !== undefined && <span className="muted">{` · ${t.runs.count(item.run_count)}`}</span>}
    </span>
  )
}
