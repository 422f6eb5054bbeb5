import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { authorization } from '../client/api-key.js'
import { saveLogin } from './saved-logins.js'
import { serverUrl } from './server-url.js'

test('the key of a saved login goes to its server, and to none that a later command asks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-logins-'))
  vi.stubEnv('XDG_CONFIG_HOME', folder)
  vi.stubEnv('FABRIQUE_API_KEY', undefined)
  onTestFinished(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true, force: true })
  })
  const [own, other] = ['https://ml.example', 'https://other.example']
  saveLogin(own, { key: 'of-ml', id: 'ml', user: 'anna' })
  const sent = (url: string) => {
    serverUrl({ url })
    return authorization().authorization
  }
  expect([sent(own), sent(other), sent(own)]).toEqual(['Bearer of-ml', undefined, 'Bearer of-ml'])
})
