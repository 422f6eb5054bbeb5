import { describe, expect, test } from 'vitest'
import { roleOf, userName } from './admit-identity.js'
import { claimAt } from './identity-provider.js'
import { ownPage } from './oidc-routes.js'

describe('roleOf', () => {
  const roles = new Map([
    ['ml-admins', 'admin' as const],
    ['ml-team', 'editor' as const],
    ['guests', 'viewer' as const],
  ])
  const of = (groups: unknown, defaultRole?: 'viewer') =>
    roleOf({ groups }, { roleClaim: 'groups', roles, ...(defaultRole === undefined ? {} : { defaultRole }) })

  test('is the highest that a value gives', () => {
    expect(of(['guests', 'ml-admins', 'ml-team'])).toBe('admin')
    expect(of('ml-team')).toBe('editor')
  })

  test('is the default for who has none, and nothing where there is no default', () => {
    for (const groups of [
      [],
      'ML-ADMINS',
      'ml-admins ml-team',
      7,
      null,
      undefined,
      { 'ml-admins': true },
      [['ml-admins']],
    ]) {
      expect([groups, of(groups, 'viewer'), of(groups)]).toEqual([groups, 'viewer', undefined])
    }
    expect(roleOf({ groups: 'ml-admins' }, { roles, defaultRole: 'viewer' })).toBe('viewer')
  })
})

test('a claim is found by its name, or by the way to it', () => {
  const claims = { 'https://example.org/roles': ['a'], realm_access: { roles: ['b'] }, text: 'c' }
  expect(claimAt(claims, 'https://example.org/roles')).toEqual(['a'])
  expect(claimAt(claims, 'realm_access.roles')).toEqual(['b'])
  for (const path of ['text.length', 'realm_access.constructor', '__proto__', 'missing.at.all', '']) {
    expect([path, claimAt(claims, path)]).toEqual([path, undefined])
  }
})

test('names become those of users', () => {
  expect(userName('anna@example.org')).toBe('anna@example.org')
  expect(userName('Élodie Müller')).toBe('Elodie-Muller')
  expect(userName('  ../../etc')).toBe('etc')
  expect(userName('admin:x')).toBe('admin-x')
  expect(userName('山田')).toBe('')
  expect(userName('a'.repeat(500))).toHaveLength(90)
})

test('browsers are led to pages of this server only', () => {
  expect(ownPage('/models/a?b=1#c')).toBe('/models/a?b=1#c')
  for (const next of ['https://evil.example', '//evil.example', '/\\evil.example', '/.//evil.example', 'models', '']) {
    expect([next, ownPage(next)]).toEqual([next, '/'])
  }
  for (const next of ['/login', '/login/x', '/api/v1/oidc/login', '/x/../login'])
    expect([next, ownPage(next)]).toEqual([next, '/'])
})
