import type { ApiKey, NewApiKey, WhoAmI } from '@fabrique/contract'
import { Button, NativeSelect, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { FormDialog } from '../../components/form-dialog.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { AddKey, ShownKey } from './add-key.jsx'
import { OwnAccount } from './own-account.jsx'
import { settingsQueries } from './settings-queries.js'
import { SettingsTabs } from './settings-tabs.jsx'
import './access.css'

const route = getRouteApi(patterns.keys)

/** Keys of programs: one's own, and for admins those of all. */
export function KeysPage() {
  const { t } = useI18n()
  const [isAdding, setAdding] = useState(false)
  const me = useQuery(queries.whoAmI()).data
  return (
    <Page
      title={t.keys.title}
      crumbs={[{ label: t.settings.title, to: paths.settings() }]}
      lead={<span>{t.keys.intro}</span>}
      actions={
        me?.user === undefined ? undefined : (
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setAdding(true)}>
            {t.keys.add}
          </Button>
        )
      }
    >
      <SettingsTabs current="keys" />
      <OwnAccount>{(_, known) => <Keys me={known} />}</OwnAccount>
      {isAdding && me !== undefined && <AddKey me={me} onClose={() => setAdding(false)} />}
    </Page>
  )
}

function Keys({ me }: { readonly me: WhoAmI }) {
  const { t } = useI18n()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const maySeeAll = me.permissions.includes('users.read')
  const isAll = search.all === '1' && maySeeAll
  const query = useQuery(settingsQueries.apiKeys(isAll))
  return (
    <>
      {maySeeAll && (
        <div>
          <SegmentedControl
            aria-label={t.keys.whose}
            value={isAll ? '1' : ''}
            data={[
              { value: '', label: t.keys.own },
              { value: '1', label: t.keys.ofAll },
            ]}
            onChange={(all) => void navigate({ search: { all: all === '1' ? '1' : undefined } })}
            transitionDuration={100}
          />
        </div>
      )}
      <Load query={query} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.keys.emptyTitle}
              text={t.keys.emptyText}
              snippets={[
                { title: t.common.fromCli, code: 'fabrique keys add "nightly job" --scope predictions.make --days 30' },
              ]}
            />
          ) : (
            <KeyTable keys={items} showsUser={isAll} />
          )
        }
      </Load>
    </>
  )
}

const stateLooks = { active: 'ready', expired: 'waiting', revoked: 'skipped' } as const

function KeyTable({ keys, showsUser }: { readonly keys: readonly ApiKey[]; readonly showsUser: boolean }) {
  const { t, f } = useI18n()
  const [chosen, setChosen] = useState<{ readonly what: 'rotate' | 'revoke'; readonly key: ApiKey }>()
  const close = () => setChosen(undefined)
  const moment = (at: string | undefined) =>
    at === undefined ? <span className="muted">{t.access.never}</span> : <Moment at={at} />
  return (
    <>
      <DataTable
        label={t.keys.title}
        rows={keys}
        rowKey={({ id }) => id}
        columns={[
          {
            id: 'name',
            header: t.access.name,
            isWide: true,
            render: ({ id, name, replaced_by: other }) => (
              <div>
                <strong>{name}</strong>
                <p className="small muted">
                  <code>fab_{id}_…</code>
                </p>
                {other !== undefined && <p className="small muted">{t.keys.replaced(other)}</p>}
              </div>
            ),
          },
          ...(showsUser
            ? [{ id: 'user', header: t.keys.user, render: ({ user }: ApiKey) => user ?? t.keys.program }]
            : []),
          {
            id: 'may',
            header: t.keys.may,
            isWide: true,
            render: ({ scopes }) =>
              scopes === null ? (
                t.access.all
              ) : scopes.length > 3 ? (
                <span title={scopes.join(', ')}>{t.keys.countScopes(f.integer(scopes.length))}</span>
              ) : (
                <span className="mono">{scopes.join(', ')}</span>
              ),
          },
          {
            id: 'models',
            header: t.access.models,
            render: ({ models }) => models?.join(', ') ?? t.access.all,
          },
          {
            id: 'state',
            header: t.access.state,
            render: ({ state }) => <StateWord state={stateLooks[state]}>{t.keys.states[state]}</StateWord>,
          },
          {
            id: 'expires',
            header: t.keys.expires,
            render: ({ expires_at: at }) =>
              at === undefined ? (
                <span className="muted">{t.access.never}</span>
              ) : (
                <time dateTime={at} title={f.moment(at)} className="nowrap">
                  {f.dayUtc(Date.parse(at))}
                </time>
              ),
          },
          { id: 'used', header: t.keys.lastUsed, render: ({ last_used_at: at }) => moment(at) },
          {
            id: 'actions',
            header: t.access.actions,
            hidesHeader: true,
            render: (key) =>
              key.state === 'active' && (
                <span className="access-actions">
                  {key.user !== undefined && (
                    <Button
                      variant="default"
                      size="compact-sm"
                      aria-label={t.keys.rotateOf(key.name)}
                      onClick={() => setChosen({ what: 'rotate', key })}
                    >
                      {t.keys.rotate}
                    </Button>
                  )}
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    aria-label={t.keys.revokeOf(key.name)}
                    onClick={() => setChosen({ what: 'revoke', key })}
                  >
                    {t.keys.revoke}
                  </Button>
                </span>
              ),
          },
        ]}
      />
      {chosen?.what === 'rotate' && <Rotate apiKey={chosen.key} onClose={close} />}
      {chosen?.what === 'revoke' && <Revoke apiKey={chosen.key} onClose={close} />}
    </>
  )
}

interface KeyDialogProps {
  readonly apiKey: ApiKey
  readonly onClose: () => void
}

function Revoke({ apiKey: { id, name }, onClose }: KeyDialogProps) {
  const { t } = useI18n()
  const revoke = useChange(() => call('revokeApiKey', { params: { key: id } }), ['keys'], onClose)
  return (
    <ConfirmDialog
      title={t.keys.revokeOf(name)}
      confirmLabel={t.keys.revoke}
      isDangerous
      isPending={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate(undefined)}
      onClose={onClose}
    >
      <p>{t.keys.revokeText}</p>
    </ConfirmDialog>
  )
}

const overlaps = ['0', '24', '168'] as const

function Rotate({ apiKey: { id, name }, onClose }: KeyDialogProps) {
  const { t } = useI18n()
  const [hours, setHours] = useState('24')
  const [made, setMade] = useState<NewApiKey>()
  const rotate = useChange(
    () => call('rotateApiKey', { params: { key: id }, body: { overlap_hours: Number(hours) } }),
    ['keys'],
    setMade,
  )
  if (made !== undefined) return <ShownKey made={made} onClose={onClose} />
  return (
    <FormDialog
      title={t.keys.rotateOf(name)}
      submitLabel={t.keys.rotate}
      maySubmit
      isPending={rotate.isPending}
      error={rotate.error}
      onSubmit={() => rotate.mutate(undefined)}
      onClose={onClose}
    >
      <p className="muted">{t.keys.rotateText}</p>
      <NativeSelect
        label={t.keys.overlap}
        value={hours}
        data={overlaps.map((value) => ({ value, label: t.keys.overlaps[value] }))}
        onChange={({ currentTarget }) => setHours(currentTarget.value)}
      />
    </FormDialog>
  )
}
