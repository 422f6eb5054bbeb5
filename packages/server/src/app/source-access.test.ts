import { describe, expect, test } from 'vitest'
import { readConfig } from './config/index.js'
import { openSourceAccess } from './source-access.js'

const configOf = (value: string) =>
  readConfig({ flags: {}, env: { FABRIQUE_SOURCES_ALLOW_PRIVATE: value }, projectDir: '/nowhere' })

describe('openSourceAccess', () => {
  test.each([
    ['', 'http://localhost/', false],
    ['false', 'http://localhost/', false],
    ['true', 'http://localhost/', true],
    ['files.intranet, minio:9000', 'https://files.intranet:1234/x', true],
    ['files.intranet, minio:9000', 'http://minio:9000/x', true],
    ['files.intranet, minio:9000', 'http://minio:9001/x', false],
    ['files.intranet:443', 'https://files.intranet/x', true],
    ['files.intranet:443', 'http://files.intranet/x', false],
    ['files.intranet', 'http://other.files.intranet/x', false],
    ['[::1]', 'http://[::1]:80/', true],
  ])('with %j: %s %s', (value, url, allowed) => {
    expect(openSourceAccess(configOf(value), [], {}).allowsPrivate(new URL(url))).toBe(allowed)
  })

  test('gives variables of the environment, and the drivers of a project to that project only', () => {
    const source = { name: 'crm', list: () => ({ parts: [] }) }
    const shop = { definition: { name: 'shop' }, sources: new Map([['crm', source]]) }
    const access = openSourceAccess(configOf(''), [shop], { CRM_KEY: 'key', EMPTY: '' })
    expect(access.secret('CRM_KEY')).toBe('key')
    for (const name of ['EMPTY', 'NONE']) {
      expect(() => access.secret(name)).toThrow(expect.objectContaining({ code: 'source_secret_missing' }))
    }
    expect(access.customSource('shop', 'crm')).toBe(source)
    for (const [project, driver] of [
      ['other', 'crm'],
      ['shop', 'erp'],
    ] as const) {
      expect(() => access.customSource(project, driver)).toThrow(
        expect.objectContaining({ code: 'source_driver_missing' }),
      )
    }
  })
})
