import { Button, PasswordInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { DataTable } from '../../components/data-table.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { browserName } from './browser-name.js'
import { OwnAccount } from './own-account.jsx'
import { settingsQueries } from './settings-queries.js'
import { SettingsTabs } from './settings-tabs.jsx'
import './access.css'

/** One's own password, and where one is logged in. */
export function AccountPage() {
  const { t } = useI18n()
  const user = useQuery(queries.whoAmI()).data?.user
  return (
    <Page
      title={t.ownAccount.title}
      crumbs={[{ label: t.settings.title, to: paths.settings() }]}
      lead={user && <span>{t.ownAccount.intro(user.name, t.account.roles[user.role])}</span>}
    >
      <SettingsTabs current="account" />
      <OwnAccount>
        {({ has_password, provider }) => (
          <>
            <section className="stack-tight">
              <h2>{t.ownAccount.password}</h2>
              {has_password ? (
                <ChangePassword />
              ) : (
                <p className="muted">{t.ownAccount.atProvider(provider ?? t.common.unknown)}</p>
              )}
            </section>
            <section className="stack-tight">
              <h2>{t.ownAccount.sessions}</h2>
              <Sessions />
            </section>
          </>
        )}
      </OwnAccount>
    </Page>
  )
}

const empty = { current: '', password: '', again: '' }

function ChangePassword() {
  const { t } = useI18n()
  const [fields, setFields] = useState(empty)
  const { current, password, again } = fields
  const change = useChange(
    () => call('changePassword', { body: { current, password } }),
    ['sessions'],
    () => setFields(empty),
  )
  const isComplete = current !== '' && password !== '' && again === password
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isComplete) change.mutate(undefined)
  }
  const field = (key: keyof typeof empty) => ({
    value: fields[key],
    autoComplete: key === 'current' ? 'current-password' : 'new-password',
    visibilityToggleButtonProps: { 'aria-label': t.users.showPassword, tabIndex: 0 },
    onChange: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
      const { value } = currentTarget
      setFields((before) => ({ ...before, [key]: value }))
    },
  })
  return (
    <form className="stack own-form" onSubmit={submit} noValidate>
      <p className="muted">{t.ownAccount.passwordText}</p>
      <PasswordInput label={t.ownAccount.current} {...field('current')} />
      <PasswordInput label={t.ownAccount.next} description={t.users.byPasswordHelp} {...field('password')} />
      <PasswordInput
        label={t.ownAccount.again}
        error={again !== '' && again !== password ? t.ownAccount.differ : undefined}
        {...field('again')}
      />
      {change.error !== null && <FailurePanel error={change.error} />}
      <p role="status">{change.isSuccess && current === '' ? t.ownAccount.changed : ''}</p>
      <div>
        <Button type="submit" disabled={!isComplete} loading={change.isPending}>
          {t.ownAccount.change}
        </Button>
      </div>
    </form>
  )
}

function Sessions() {
  const { t } = useI18n()
  const query = useQuery(settingsQueries.sessions())
  const end = useChange((session: string) => call('endSession', { params: { session } }), ['sessions'])
  return (
    <Load query={query} lines={3}>
      {({ items }) => (
        <>
          <DataTable
            label={t.ownAccount.sessions}
            rows={items}
            rowKey={({ id }) => id}
            columns={[
              {
                id: 'browser',
                header: t.ownAccount.browser,
                isWide: true,
                render: ({ user_agent: agent, is_current }) => (
                  <span className="row" title={agent}>
                    <span>{browserName(agent) ?? t.ownAccount.unknown}</span>
                    {is_current && <span className="muted">{t.ownAccount.thisOne}</span>}
                  </span>
                ),
              },
              { id: 'address', header: t.ownAccount.address, render: ({ address }) => <code>{address}</code> },
              { id: 'since', header: t.ownAccount.since, render: ({ created_at: at }) => <Moment at={at} /> },
              { id: 'seen', header: t.ownAccount.seen, render: ({ last_seen_at: at }) => <Moment at={at} /> },
              {
                id: 'actions',
                header: t.access.actions,
                hidesHeader: true,
                render: ({ id, is_current, user_agent: agent }) =>
                  !is_current && (
                    <Button
                      variant="subtle"
                      size="compact-sm"
                      aria-label={t.ownAccount.endOf(browserName(agent) ?? t.ownAccount.unknown)}
                      onClick={() => end.mutate(id)}
                    >
                      {t.ownAccount.end}
                    </Button>
                  ),
              },
            ]}
          />
          {end.error !== null && <FailurePanel error={end.error} />}
        </>
      )}
    </Load>
  )
}
