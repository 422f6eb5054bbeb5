import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { apiPath, call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel, ProblemPanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { nextAddress } from './next-address.js'
import './login.css'

/** All pages begin anew as who has logged in. */
function goOn(): void {
  window.location.assign(nextAddress(window.location.search, window.location.origin))
}

interface OneTimeLink {
  readonly kind: 'link' | 'password'
  readonly secret: string
}

/** The one-time link one came by: its secret stands after the #, which is sent to nobody. */
function linkOfAddress(): OneTimeLink | undefined {
  const [, kind, secret] = /^#(link|password)=([0-9A-Za-z]+)$/.exec(window.location.hash) ?? []
  return secret === undefined ? undefined : { kind: kind === 'password' ? 'password' : 'link', secret }
}

/** Logs in, makes the first admin, or chooses a password. */
export function LoginPage() {
  const { t } = useI18n()
  const [link] = useState(linkOfAddress)
  const query = useQuery(queries.whoAmI())
  const titles = { link: t.login.firstTitle, password: t.login.chooseTitle }
  const title = link === undefined ? t.login.title : titles[link.kind]
  return (
    <Page title={title} narrow>
      {link !== undefined ? (
        <ByLink link={link} />
      ) : (
        <Load query={query} lines={4}>
          {({ state, user, oidc }) => {
            if (state === 'anonymous')
              return (
                <Entrance oidc={oidc}>
                  <LoginForm />
                </Entrance>
              )
            if (state === 'first_admin')
              return (
                <>
                  <EmptyState title={t.login.linkNeeded} text={t.login.linkNeededText} />
                  <Entrance oidc={oidc} />
                </>
              )
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

interface EntranceProps {
  /** The identity provider, where there is one. */
  readonly oidc: { readonly name?: string | undefined } | undefined
  readonly children?: ReactNode
}

/** The way in by the identity provider above that by password, and what went wrong the last time. */
function Entrance({ oidc, children }: EntranceProps) {
  const { t } = useI18n()
  return (
    <div className="stack login-entrance">
      <Failed />
      {oidc !== undefined && (
        <Button
          component="a"
          href={apiPath('beginOidcLogin', {}, { next: nextAddress(window.location.search, window.location.origin) })}
          variant={children === undefined ? 'filled' : 'default'}
        >
          {oidc.name === undefined ? t.login.oidcUnnamed : t.login.oidc(oidc.name)}
        </Button>
      )}
      {oidc !== undefined && children !== undefined && <p className="login-or">{t.login.orPassword}</p>}
      {children}
    </div>
  )
}

/** Why the identity provider led back here without a login; anybody can write an address, so only codes are read. */
function Failed() {
  const { t } = useI18n()
  const code = new URLSearchParams(window.location.search).get('failed')
  if (code === null) return null
  const known = Object.entries(t.login.failures).find(([name]) => name === code)
  const { message, hint } = known?.[1] ?? t.login.failures.oidc_failed
  return <ProblemPanel message={message} hint={hint} code={known?.[0]} />
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

/** Makes the first admin, or gives a user that there is a password. */
function ByLink({ link: { kind, secret: link } }: { readonly link: OneTimeLink }) {
  const { t } = useI18n()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const isFirst = kind === 'link'
  const make = useChange(
    (body: Fields) =>
      isFirst
        ? call('makeFirstAdmin', { body: { ...body, link } })
        : call('usePasswordLink', { body: { password: body.password, link } }),
    [],
    () => window.location.assign('/'),
  )
  const differ = again !== '' && again !== password
  const isComplete = (name !== '' || !isFirst) && password !== '' && again === password
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
      <p className="muted">{isFirst ? t.login.firstText : t.login.chooseText}</p>
      {isFirst && (
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
      )}
      <PasswordInput
        label={t.login.password}
        description={t.login.passwordHelp}
        {...secret}
        autoFocus={!isFirst}
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
          {isFirst ? t.login.firstSubmit : t.login.chooseSubmit}
        </Button>
      </div>
    </form>
  )
}
