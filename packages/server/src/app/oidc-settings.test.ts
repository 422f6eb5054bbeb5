import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explainConfig, readConfig } from './config/index.js'
import { oidcSettings } from './oidc-settings.js'

let projectDir: string
beforeAll(() => {
  projectDir = mkdtempSync(join(tmpdir(), 'fabrique-oidc-'))
})
afterAll(() => rmSync(projectDir, { recursive: true, force: true }))

const read = (env: Record<string, string>) =>
  readConfig({
    flags: {},
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [`FABRIQUE_OIDC_${name}`, value])),
    projectDir,
  })
const basic = { ISSUER: 'https://login.example/realms/ml', CLIENT_ID: 'fabrique' }

test('without an issuer there is no provider', () => {
  expect(oidcSettings(read({}))).toBeUndefined()
})

test('all that can be said of a provider', () => {
  const config = read({
    ...basic,
    CLIENT_SECRET: 'hush',
    NAME: 'the campus',
    SCOPES: 'openid groups',
    DEFAULT_ROLE: 'none',
    ROLE_CLAIM: 'realm_access.roles',
    ROLES: 'ml-admins=admin, cn=ml,ou=x=editor'.replace(',ou', ';ou'),
    REDIRECT_URL: 'https://ml.example/api/v1/oidc/callback',
  })
  expect(oidcSettings(config)).toEqual({
    issuer: basic.ISSUER,
    clientId: 'fabrique',
    clientSecret: 'hush',
    name: 'the campus',
    scopes: 'openid groups',
    roleClaim: 'realm_access.roles',
    roles: new Map([
      ['ml-admins', 'admin'],
      ['cn=ml;ou=x', 'editor'],
    ]),
    redirectUrl: 'https://ml.example/api/v1/oidc/callback',
  })
  const shown = JSON.stringify(explainConfig(config))
  expect(shown).toContain('ml-admins=admin,cn=ml;ou=x=editor')
  expect(shown).not.toContain('hush')
  expect(oidcSettings(read(basic))).toMatchObject({ defaultRole: 'viewer', scopes: 'openid profile email' })
})

test.each([
  ['oidc_client_id', { ISSUER: basic.ISSUER }],
  ['oidc_issuer', { CLIENT_ID: 'fabrique' }],
  ['oidc_role_claim', { ...basic, ROLES: 'a=admin' }],
  ['oidc_roles', { ...basic, DEFAULT_ROLE: 'none' }],
  ['oidc_roles', { ...basic, ROLES: 'a=king' }],
  ['oidc_roles', { ...basic, ROLES: '=admin' }],
  ['oidc_scopes', { ...basic, SCOPES: 'profile' }],
  ['oidc_issuer', { ...basic, ISSUER: 'http://login.example' }],
  ['oidc_issuer', { ...basic, ISSUER: 'login.example' }],
  ['oidc_redirect_url', { ...basic, REDIRECT_URL: 'https://ml.example/' }],
])('%s is refused in %o', (key, env) => {
  const refused = expect.objectContaining({ code: 'config_invalid', params: expect.objectContaining({ key }) })
  expect(() => oidcSettings(read(env))).toThrow(refused)
})

test('over plain http only this machine is a provider', () => {
  for (const host of ['127.0.0.1:8080', 'localhost', '[::1]:8080'])
    expect(oidcSettings(read({ ...basic, ISSUER: `http://${host}/` }))?.issuer).toBe(`http://${host}/`)
})
