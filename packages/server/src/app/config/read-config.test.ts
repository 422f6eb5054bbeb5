import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { type ConfigSources, explainConfig, nearestName, readConfig, settingsFile } from './index.js'

const folders: string[] = []
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'fabrique-config-'))
  folders.push(made)
  return made
}

const read = (sources: Partial<ConfigSources> = {}) =>
  readConfig({ flags: {}, env: {}, projectDir: folder(), ...sources })

describe('readConfig', () => {
  test('takes defaults where nothing is given', () => {
    const config = read()
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8000, allow_open_bind: false, allowed_hosts: [] })
    expect(config.dataDir).toBe(join(config.projectDir, '.fabrique'))
    expect(config.origins.port).toBe('default')
  })

  test('a flag wins over the environment, which wins over the file', () => {
    const projectDir = folder()
    writeFileSync(join(projectDir, settingsFile), JSON.stringify({ port: 1, host: 'file', data_dir: 'd' }))
    const config = read({ projectDir, env: { FABRIQUE_PORT: '2', FABRIQUE_HOST: 'env' }, flags: { port: '3' } })
    expect([config.port, config.host, config.data_dir]).toEqual([3, 'env', 'd'])
    expect(config.origins).toMatchObject({ port: 'flag --port', host: 'environment FABRIQUE_HOST' })
    expect(config.origins.data_dir).toContain(settingsFile)
  })

  test('takes rates, routes with rates and proxies', () => {
    const env = {
      FABRIQUE_RATE_API: '5/s',
      FABRIQUE_RATE_ROUTES: 'POST /retrain=2/hour, /api/v1/jobs=1/s',
      FABRIQUE_TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,2001:db8::/32, 192.0.2.1',
    }
    expect(read({ env })).toMatchObject({
      rate_api: '5/s',
      rate_login: '10/minute',
      rate_routes: ['POST /retrain=2/hour', '/api/v1/jobs=1/s'],
      trusted_proxies: ['loopback', '10.0.0.0/8', '2001:db8::/32', '192.0.2.1'],
    })
  })

  test('refuses unknown keys and names the nearest', () => {
    expect(() => read({ env: { FABRIQUE_PROT: '1' } })).toThrow(
      expect.objectContaining({
        code: 'config_unknown_key',
        params: expect.objectContaining({ nearest: 'FABRIQUE_PORT' }),
      }),
    )
    const projectDir = folder()
    writeFileSync(join(projectDir, settingsFile), '{"prot": 1}')
    expect(() => read({ projectDir })).toThrow(expect.objectContaining({ code: 'config_unknown_key' }))
  })

  test.each([
    ['port', { FABRIQUE_PORT: '99999' }],
    ['log_level', { FABRIQUE_LOG_LEVEL: 'loud' }],
    ['database_url', { DATABASE_URL: 'mysql://x' }],
    ['rate_predict', { FABRIQUE_RATE_PREDICT: '10/fortnight' }],
    ['rate_routes', { FABRIQUE_RATE_ROUTES: 'retrain=2/hour' }],
    ['rate_routes', { FABRIQUE_RATE_ROUTES: 'POST /retrain' }],
    ['trusted_proxies', { FABRIQUE_TRUSTED_PROXIES: 'proxy.example' }],
    ['trusted_proxies', { FABRIQUE_TRUSTED_PROXIES: '10.0.0.0/33' }],
  ])('refuses a wrong %s', (key, env) => {
    expect(() => read({ env })).toThrow(
      expect.objectContaining({ code: 'config_invalid', params: expect.objectContaining({ key }) }),
    )
  })

  test('refuses a file that is not a JSON object', () => {
    const projectDir = folder()
    writeFileSync(join(projectDir, settingsFile), '[]')
    expect(() => read({ projectDir })).toThrow(expect.objectContaining({ code: 'config_invalid' }))
  })

  test('never shows a secret', () => {
    const config = read({ env: { DATABASE_URL: 'postgresql://user:hunter2@host/db' } })
    expect(config.database_url?.reveal()).toContain('hunter2')
    const shown = [inspect(config, { depth: 5 }), JSON.stringify(config), JSON.stringify(explainConfig(config))]
    for (const text of shown) expect(text).not.toContain('hunter2')
  })
})

test('nearestName finds a mistyped name', () => {
  expect(nearestName('FABRIQUE_PRT', ['FABRIQUE_HOST', 'FABRIQUE_PORT'])).toBe('FABRIQUE_PORT')
})
