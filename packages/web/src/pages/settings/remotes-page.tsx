import type { Remote } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { JobTable } from '../../components/jobs/job-table.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { AddRemote } from './add-remote.jsx'
import { settingsQueries } from './settings-queries.js'
import { SettingsTabs } from './settings-tabs.jsx'
import { TransferDialog, type TransferWay } from './transfer-dialog.jsx'

const transferKinds = ['data.push', 'data.pull'] as const
const transfersShown = 10

/** Where snapshots are shared, and what was sent and fetched of late. */
export function RemotesPage() {
  const { t } = useI18n()
  const [isAdding, setAdding] = useState(false)
  const query = useQuery(settingsQueries.remotes())
  return (
    <Page
      title={t.nav.remotes}
      crumbs={[{ label: t.settings.title, to: paths.settings() }]}
      lead={<span>{t.remotes.intro}</span>}
      actions={
        <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setAdding(true)}>
          {t.remotes.add}
        </Button>
      }
    >
      <SettingsTabs current="remotes" />
      <Load query={query} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.remotes.emptyTitle}
              text={t.remotes.emptyText}
              snippets={[
                { title: t.common.fromCli, code: 'fabrique data remote add origin s3://bucket/prefix --default' },
              ]}
            />
          ) : (
            <RemoteTable remotes={items} />
          )
        }
      </Load>
      <Transfers />
      <Snippet title={t.common.fromCli} code={'fabrique data push\nfabrique data pull'} />
      {isAdding && <AddRemote onClose={() => setAdding(false)} />}
    </Page>
  )
}

function RemoteTable({ remotes }: { readonly remotes: readonly Remote[] }) {
  const { t } = useI18n()
  const [transfer, setTransfer] = useState<{ readonly way: TransferWay; readonly remote: Remote }>()
  const [forgotten, setForgotten] = useState<Remote>()
  return (
    <>
      <DataTable
        label={t.nav.remotes}
        rows={remotes}
        rowKey={({ name }) => name}
        columns={[
          {
            id: 'name',
            header: t.remotes.name,
            render: ({ name, is_default }) => (
              <span className="row">
                <strong>{name}</strong>
                {is_default && <span className="muted">{t.remotes.isDefault}</span>}
              </span>
            ),
          },
          {
            id: 'place',
            header: t.remotes.place,
            isWide: true,
            render: ({ url, endpoint }) => (
              <>
                <code>{url}</code>
                {endpoint !== undefined && <p className="small muted">{endpoint}</p>}
              </>
            ),
          },
          { id: 'changed', header: t.remotes.changed, render: ({ updated_at }) => <Moment at={updated_at} /> },
          {
            id: 'actions',
            header: t.remotes.actions,
            hidesHeader: true,
            render: (remote) => (
              <span className="row">
                {(['push', 'pull'] as const).map((way) => (
                  <Button
                    key={way}
                    variant="default"
                    size="compact-sm"
                    aria-label={t.remotes.transferOf[way](remote.name)}
                    onClick={() => setTransfer({ way, remote })}
                  >
                    {t.remotes.transfer[way]}
                  </Button>
                ))}
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-label={t.remotes.forgetOf(remote.name)}
                  onClick={() => setForgotten(remote)}
                >
                  {t.remotes.forget}
                </Button>
              </span>
            ),
          },
        ]}
      />
      {transfer !== undefined && <TransferDialog {...transfer} onClose={() => setTransfer(undefined)} />}
      {forgotten !== undefined && <Forget remote={forgotten} onClose={() => setForgotten(undefined)} />}
    </>
  )
}

function Forget({ remote: { name }, onClose }: { readonly remote: Remote; readonly onClose: () => void }) {
  const { t } = useI18n()
  const forget = useChange(() => call('deleteRemote', { params: { remote: name } }), ['remotes'], onClose)
  return (
    <ConfirmDialog
      title={t.remotes.forgetOf(name)}
      confirmLabel={t.remotes.forget}
      isDangerous
      isPending={forget.isPending}
      error={forget.error}
      onConfirm={() => forget.mutate(undefined)}
      onClose={onClose}
    >
      <p>{t.remotes.forgetText}</p>
    </ConfirmDialog>
  )
}

/** Pushes and pulls, the newest first; those under way show how far they are. */
function Transfers() {
  const { t } = useI18n()
  const [pushes, pulls] = [
    useInfiniteQuery(queries.jobs({ kind: transferKinds[0] })),
    useInfiniteQuery(queries.jobs({ kind: transferKinds[1] })),
  ]
  const jobs = [pushes, pulls]
    .flatMap(({ data }) => data?.pages[0]?.items ?? [])
    .sort((first, second) => second.created_at.localeCompare(first.created_at))
  if (jobs.length === 0) return null
  return (
    <section className="stack-tight" aria-live="polite">
      <h2>{t.remotes.transfers}</h2>
      <JobTable label={t.remotes.transfers} jobs={jobs.slice(0, transfersShown)} />
    </section>
  )
}
