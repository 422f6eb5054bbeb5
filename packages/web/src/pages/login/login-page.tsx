import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { nextAddress } from './next-address.js'

/** All pages begin anew as who has logged in. */
function goOn(): void {
  window.location.assign(nextAddress(window.location.search, window.location.origin))
}

/** The secret of the one-time link: it stands after the #, which is sent to nobody. */
function linkOfAddress(): string | undefined {
  return /^#link=([0-9A-Za-z]+)$/.exec(window.location.hash)?.[1]
}

/** Logs in, or makes the first admin. */
export function LoginPage() {
  const { t } = useI18n()
  const [link] = useState(linkOfAddress)
  const query = useQuery(queries.whoAmI())
  const title = link === undefined ? t.login.title : t.login.firstTitle
  return (
    <Page title={title} narrow>
      {link !== undefined ? (
        <FirstAdmin link={link} />
      ) : (
        <Load query={query} lines={4}>
          {({ state, user }) => {
            if (state === 'anonymous') return <LoginForm />
            if (state === 'first_admin') return <EmptyState title={t.login.linkNeeded} text={t.login.linkNeededText} />
            if (state === 'known') {
              return (
                <div className="stack">
                  <p>{t.login.known(user?.name ?? '')}</p>
                  <Button onClick={goOn}>{t.login.toPages}</Button>
                </div>
              )
            }
            return (
              <EmptyState
                title={t.login.open}
                text={t.login.openText}
                snippets={[{ title: t.common.fromCli, code: 'fabrique users add anna --role admin' }]}
              />
            )
          }}
        </Load>
      )}
    </Page>
  )
}

interface Fields {
  readonly name: string
  readonly password: string
}

const field = (set: (value: string) => void) => (event: { readonly currentTarget: HTMLInputElement }) =>
  set(event.currentTarget.value)

function LoginForm() {
  const { t } = useI18n()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const logIn = useChange((body: Fields) => call('logIn', { body }), [], goOn)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name !== '' && password !== '') logIn.mutate({ name: name.trim(), password })
  }
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextInput
        label={t.login.name}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        value={name}
        onChange={field(setName)}
      />
      <PasswordInput
        label={t.login.password}
        autoComplete="current-password"
        visibilityToggleButtonProps={{ 'aria-label': t.login.showPassword, tabIndex: 0 }}
        value={password}
        onChange={field(setPassword)}
      />
      {logIn.error !== null && <FailurePanel error={logIn.error} />}
      <div>
        <Button type="submit" disabled={name === '' || password === ''} loading={logIn.isPending}>
          {t.login.submit}
        </Button>
      </div>
    </form>
  )
}

function FirstAdmin({ link }: { readonly link: string }) {
  const { t } = useI18n()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const make = useChange(
    (body: Fields) => call('makeFirstAdmin', { body: { ...body, link } }),
    [],
    () => window.location.assign('/'),
  )
  const differ = again !== '' && again !== password
  const isComplete = name !== '' && password !== '' && again === password
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isComplete) make.mutate({ name: name.trim(), password })
  }
  const secret = {
    autoComplete: 'new-password',
    visibilityToggleButtonProps: { 'aria-label': t.login.showPassword, tabIndex: 0 },
  }
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <p className="muted">{t.login.firstText}</p>
      <TextInput
        label={t.login.name}
        description={t.login.nameHelp}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        value={name}
        onChange={field(setName)}
      />
      <PasswordInput
        label={t.login.password}
        description={t.login.passwordHelp}
        {...secret}
        value={password}
        onChange={field(setPassword)}
      />
      <PasswordInput
        label={t.login.again}
        error={differ ? t.login.differ : undefined}
        {...secret}
        value={again}
        onChange={field(setAgain)}
      />
      {make.error !== null && <FailurePanel error={make.error} />}
      <div>
        <Button type="submit" disabled={!isComplete} loading={make.isPending}>
          {t.login.firstSubmit}
        </Button>
      </div>
    </form>
  )
}
