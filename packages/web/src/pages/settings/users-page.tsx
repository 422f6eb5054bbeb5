import type { User } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { DataTable } from '../../components/data-table.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { AddUser } from './add-user.jsx'
import { EditUser } from './edit-user.jsx'
import { MakeLink } from './password-link.jsx'
import { settingsQueries } from './settings-queries.js'
import { SettingsTabs } from './settings-tabs.jsx'
import './access.css'

/** Who may use this server. For admins. */
export function UsersPage() {
  const { t } = useI18n()
  const [isAdding, setAdding] = useState(false)
  const query = useQuery(settingsQueries.users())
  const isFirst = query.data?.items.length === 0
  return (
    <Page
      title={t.users.title}
      crumbs={[{ label: t.settings.title, to: paths.settings() }]}
      lead={<span>{t.users.intro}</span>}
      actions={
        query.data === undefined ? undefined : (
          <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setAdding(true)}>
            {isFirst ? t.users.addFirst : t.users.add}
          </Button>
        )
      }
    >
      <SettingsTabs current="users" />
      <Load query={query} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState
              title={t.users.emptyTitle}
              text={t.users.emptyText}
              snippets={[{ title: t.common.fromCli, code: 'fabrique users add anna --role admin' }]}
            />
          ) : (
            <>
              <UserTable users={items} />
              <Snippet
                title={t.common.fromCli}
                code={'fabrique users ls\nfabrique users add ben --role editor --link'}
              />
            </>
          )
        }
      </Load>
      {isAdding && <AddUser isFirst={isFirst} onClose={() => setAdding(false)} />}
    </Page>
  )
}

function UserState({ user }: { readonly user: User }) {
  const { t } = useI18n()
  if (!user.is_active) return <StateWord state="skipped">{t.users.states.off}</StateWord>
  const canLogIn = user.has_password || user.provider !== undefined
  return canLogIn ? (
    <StateWord state="ready">{t.users.states.active}</StateWord>
  ) : (
    <StateWord state="waiting">{t.users.states.waiting}</StateWord>
  )
}

function UserTable({ users }: { readonly users: readonly User[] }) {
  const { t } = useI18n()
  const me = useQuery(queries.whoAmI()).data?.user?.id
  const [chosen, setChosen] = useState<{ readonly what: 'edit' | 'link' | 'remove'; readonly user: User }>()
  const close = () => setChosen(undefined)
  const labels = { edit: t.users.edit, link: t.users.link, remove: t.users.remove }
  const names = { edit: t.users.editOf, link: t.users.linkOf, remove: t.users.removeOf }
  return (
    <>
      <DataTable
        label={t.users.title}
        rows={users}
        rowKey={({ id }) => id}
        columns={[
          {
            id: 'name',
            header: t.access.name,
            isWide: true,
            render: ({ id, name, provider }) => (
              <div>
                <span className="row">
                  <strong>{name}</strong>
                  {id === me && <span className="muted">{t.users.you}</span>}
                </span>
                {provider !== undefined && <p className="small muted">{t.users.provider(provider)}</p>}
              </div>
            ),
          },
          { id: 'role', header: t.access.role, render: ({ role }) => t.account.roles[role] },
          {
            id: 'models',
            header: t.access.models,
            render: ({ models }) =>
              models === null ? t.access.all : models.length === 0 ? t.common.none : models.join(', '),
          },
          { id: 'state', header: t.access.state, render: (user) => <UserState user={user} /> },
          {
            id: 'last',
            header: t.users.lastLogin,
            render: ({ last_login_at: at }) =>
              at === undefined ? <span className="muted">{t.access.never}</span> : <Moment at={at} />,
          },
          {
            id: 'actions',
            header: t.access.actions,
            hidesHeader: true,
            render: (user) => (
              <span className="access-actions">
                {(['edit', 'link', 'remove'] as const).map((what) => (
                  <Button
                    key={what}
                    variant={what === 'remove' ? 'subtle' : 'default'}
                    size="compact-sm"
                    aria-label={names[what](user.name)}
                    onClick={() => setChosen({ what, user })}
                  >
                    {labels[what]}
                  </Button>
                ))}
              </span>
            ),
          },
        ]}
      />
      {chosen?.what === 'edit' && <EditUser user={chosen.user} onClose={close} />}
      {chosen?.what === 'link' && <MakeLink name={chosen.user.name} onClose={close} />}
      {chosen?.what === 'remove' && <RemoveUser user={chosen.user} onClose={close} />}
    </>
  )
}

function RemoveUser({ user: { name, provider }, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const { t } = useI18n()
  const remove = useChange(() => call('deleteUser', { params: { user: name } }), ['users', 'keys'], onClose)
  return (
    <ConfirmDialog
      title={t.users.removeOf(name)}
      confirmLabel={t.users.remove}
      mustType={name}
      isDangerous
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(undefined)}
      onClose={onClose}
    >
      <p>{t.users.removeText}</p>
      {provider !== undefined && <p>{t.users.removeProvider}</p>}
    </ConfirmDialog>
  )
}
