import type { Webhook, WebhookDelivery } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { AppLink } from '../../components/app-link.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load, SkeletonLines } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { settingsQueries } from './settings-queries.js'
import { SettingsTabs } from './settings-tabs.jsx'

const route = getRouteApi(patterns.webhooks)

/** Where registry changes are sent, and what became of each delivery: failures are seen, not swallowed. */
export function WebhooksPage() {
  const { t } = useI18n()
  const { webhook: wanted } = route.useSearch()
  const query = useQuery(settingsQueries.webhooks())
  return (
    <Page
      title={t.nav.webhooks}
      crumbs={[{ label: t.settings.title, to: paths.settings() }]}
      lead={<span>{t.webhooks.intro}</span>}
    >
      <SettingsTabs current="webhooks" />
      <Load query={query} lines={5}>
        {({ items }) => {
          if (items.length === 0)
            return (
              <EmptyState
                title={t.webhooks.emptyTitle}
                text={t.webhooks.emptyText}
                snippets={[{ title: 'Python', code: createSnippet() }]}
              />
            )
          const chosen = items.find(({ id }) => id === wanted) ?? items[0]
          return (
            <>
              <WebhookTable webhooks={items} chosen={chosen?.id} />
              {chosen !== undefined && <Deliveries key={chosen.id} webhook={chosen} />}
            </>
          )
        }}
      </Load>
    </Page>
  )
}

function WebhookTable({
  webhooks,
  chosen,
}: {
  readonly webhooks: readonly Webhook[]
  readonly chosen: string | undefined
}) {
  const { t } = useI18n()
  return (
    <DataTable
      label={t.nav.webhooks}
      rows={webhooks}
      rowKey={({ id }) => id}
      columns={[
        {
          id: 'name',
          header: t.webhooks.name,
          isWide: true,
          render: ({ id, name, description }) => (
            <div>
              <AppLink to={paths.webhooks()} search={{ webhook: id }} aria-current={id === chosen ? 'true' : undefined}>
                {name}
              </AppLink>
              {description !== '' && <p className="small muted">{description}</p>}
            </div>
          ),
        },
        { id: 'url', header: t.webhooks.url, isWide: true, render: ({ url }) => <code>{url}</code> },
        { id: 'events', header: t.webhooks.events, isWide: true, render: ({ events }) => events.join(', ') },
        {
          id: 'status',
          header: t.webhooks.status,
          render: ({ status }) =>
            status === 'ACTIVE' ? (
              <StateWord state="ready">{t.webhooks.active}</StateWord>
            ) : (
              <StateWord state="skipped">{t.webhooks.disabled}</StateWord>
            ),
        },
        {
          id: 'last',
          header: t.webhooks.last,
          render: ({ last_delivery: last }) =>
            last === undefined ? <span className="muted">{t.webhooks.never}</span> : <DeliveryState delivery={last} />,
        },
      ]}
    />
  )
}

const stateNames = { waiting: 'waiting', retrying: 'degraded', delivered: 'done', failed: 'failed' } as const

function DeliveryState({ delivery: { state, attempts, status_code } }: { readonly delivery: WebhookDelivery }) {
  const { t } = useI18n()
  const shown = state === 'waiting' && attempts > 0 ? 'retrying' : state
  const code = status_code === undefined ? '' : ` (${status_code})`
  return <StateWord state={stateNames[shown]}>{`${t.webhooks.states[shown]}${code}`}</StateWord>
}

function Deliveries({ webhook }: { readonly webhook: Webhook }) {
  const { t, f } = useI18n()
  const query = useInfiniteQuery(settingsQueries.webhookDeliveries(webhook.id))
  const deliveries = query.data?.pages.flatMap(({ items }) => items)
  return (
    <section className="stack-tight">
      <h2>{t.webhooks.deliveriesOf(webhook.name)}</h2>
      {query.error !== null && deliveries === undefined && (
        <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
      )}
      {query.isPending && <SkeletonLines lines={4} />}
      {deliveries?.length === 0 && <p className="muted">{t.webhooks.noDeliveries}</p>}
      {deliveries !== undefined && deliveries.length > 0 && (
        <DataTable
          label={t.webhooks.deliveriesOf(webhook.name)}
          rows={deliveries}
          rowKey={({ id }) => id}
          isMarked={({ state }) => state === 'failed'}
          columns={[
            { id: 'event', header: t.webhooks.event, render: ({ event }) => <code>{event}</code> },
            { id: 'state', header: t.webhooks.result, render: (delivery) => <DeliveryState delivery={delivery} /> },
            {
              id: 'created',
              header: t.webhooks.created,
              render: ({ created_at }) => <Moment at={created_at} relative={false} />,
            },
            {
              id: 'attempts',
              header: t.webhooks.attempts,
              isNumber: true,
              render: ({ attempts }) => f.integer(attempts),
            },
            {
              id: 'next',
              header: t.webhooks.next,
              render: ({ next_attempt_at: at }) => (at === undefined ? '–' : <Moment at={at} />),
            },
            { id: 'error', header: t.webhooks.error, isWide: true, render: ({ error }) => error ?? '–' },
          ]}
        />
      )}
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

const createSnippet = () => `from mlflow import MlflowClient

client = MlflowClient("${location.origin}")
client.create_webhook(
    name="deploy",
    url="https://example.org/hook",
    events=["model_version.created", "model_version_alias.created"],
    secret="choose-a-secret",
)`
