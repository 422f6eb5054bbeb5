import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorMessage, isFabriqueError } from '@fabrique/contract'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { exportGrafana } from './export-grafana.js'

let folder = ''
let printed = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fabrique-export-'))
  printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await rm(folder, { recursive: true, force: true })
})

const prometheus = 'http://127.0.0.1:9090'
const run = async (flags: Partial<Parameters<typeof exportGrafana>[0]> = {}) => {
  printed = ''
  await exportGrafana({ out: join(folder, 'a', 'b'), prometheus, json: true, lang: 'en', ...flags })
  return printed
}

test('writes all files, and leaves what is as it should be alone', async () => {
  const first = JSON.parse(await run({ target: ['a:1', '[::1]:8000'] }))
  expect(first.folder).toBe(join(folder, 'a', 'b'))
  expect(first.files.map(({ path }: { path: string }) => path)).toContain('grafana/dashboards/fabrique-serving.json')
  expect(new Set(first.files.map(({ state }: { state: string }) => state))).toEqual(new Set(['written']))
  const config = join(folder, 'a', 'b', 'prometheus', 'prometheus.yml')
  expect(await readFile(config, 'utf8')).toContain('"[::1]:8000"')

  await writeFile(config, 'changed')
  const second = JSON.parse(await run({ target: ['a:1', '[::1]:8000'] }))
  const written = second.files.filter(({ state }: { state: string }) => state === 'written')
  expect(written).toEqual([{ path: 'prometheus/prometheus.yml', state: 'written' }])
  // Nothing unfinished lies beside them.
  expect(await readdir(join(folder, 'a', 'b', 'prometheus'))).toEqual(['prometheus.yml', 'rules'])
})

test('tells people in their language what was written and what comes next', async () => {
  const english = await run({ json: false })
  expect(english).toMatch(/10 files are in .*prometheus --config\.file=.*prometheus\.yml/s)
  expect(await run({ json: false })).toContain('as it was')
  expect(await run({ json: false, lang: 'fr' })).toMatch(/10 fichiers se trouvent dans/)
  const board = await readFile(join(folder, 'a', 'b', 'grafana', 'dashboards', 'fabrique-flows.json'), 'utf8')
  expect(JSON.parse(board).title).toBe('Fabrique\u202f: flux')
})

test.each([
  [{ prometheus: 'ftp://a' }, '--prometheus', 'no address', 'pas une adresse'],
  [{ prometheus: 'prometheus:9090' }, '--prometheus', 'no address', 'pas une adresse'],
  [{ target: ['127.0.0.1:8000', 'http://b:1'] }, '--target', 'no host and port', 'pas un hôte'],
  [{ target: ['a:70000'] }, '--target', 'no host and port', 'pas un hôte'],
  [{ target: ['a:0'] }, '--target', 'no host and port', 'pas un hôte'],
  [{ keyFile: ' ' }, '--key-file', 'a path', 'un chemin'],
])('what cannot be meant is refused before anything is written: %o', async (flags, field, en, fr) => {
  const error: unknown = await run(flags).catch((thrown: unknown) => thrown)
  expect(isFabriqueError(error) ? error.code : error).toBe('invalid_request')
  if (!isFabriqueError(error)) return
  expect(errorMessage(error, 'en')).toContain(en)
  expect(errorMessage(error, 'fr')).toContain(fr)
  expect(errorMessage(error, 'en')).toContain(field)
  expect(await readdir(folder)).toEqual([])
})

test('a place that cannot be written to is told', async () => {
  const file = join(folder, 'file')
  await writeFile(file, '')
  const error: unknown = await run({ out: join(file, 'below') }).catch((thrown: unknown) => thrown)
  expect(isFabriqueError(error) ? error.code : error).toBe('file_not_written')
  expect(isFabriqueError(error) ? errorMessage(error, 'en') : '').not.toContain('.part')
})
