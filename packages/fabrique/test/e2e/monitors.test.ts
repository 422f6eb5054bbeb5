import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding, Job, Monitor, MonitorReport, MonitorReportDetail, TimelineEntry } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { irisServer } from '../support/iris-server.js'
import { databaseOf } from '../support/project-database.js'
import { getJson, killHard, processesOf, runFabrique, until } from '../support/running-fabrique.js'

const fabrique = irisServer(databaseOf)

const post = async <Reply>(path: string, body: object) => {
  const reply = await fetch(fabrique.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect([path, reply.status]).toEqual([path, 200])
  return (await reply.json()) as Reply
}
const get = <Reply>(path: string) => getJson<Reply>(`${fabrique.url}/api/v1${path}`)
const commands = (...args: string[]) => runFabrique([...args, '--url', fabrique.url])
const reportsOf = async (monitor: string) =>
  (await get<{ items: MonitorReport[] }>(`/drift-reports?monitor=${monitor}`)).items

test('predictions are compared with what the model was trained on, with no configuration', async () => {
  // Flowers as they were, but for petals twice as long.
  const features = Array.from({ length: 120 }, (_, row) => [
    4.5 + (row % 30) / 10,
    2.5 + (row % 15) / 10,
    8 + (row % 40) / 10,
    0.2 + (row % 20) / 10,
  ])
  await post('/predict', { features })
  await until('they are in the log', async () => {
    const { items } = await get<{ items: object[] }>('/predictions?model=iris&limit=1000')
    return items.length === features.length
  })
  const monitor = await post<Monitor>('/api/v1/monitors', {
    name: 'iris-inputs',
    project: 'iris',
    model: 'iris',
    reference: { kind: 'training' },
    current: { kind: 'predictions', days: 1 },
    rows_min: 50,
    schedule: { cron: '0 6 * * *', timezone: 'Europe/Paris' },
    actions: [{ do: 'finding' }, { do: 'block_promotion' }, { do: 'flow', flow: 'loop' }],
  })
  expect(monitor).toMatchObject({ source: 'api', enabled: true, open_findings: 0 })
  expect(monitor.next_at).toBeDefined()

  const ran = await commands('monitor', 'run', 'iris-inputs', '--json')
  expect([ran.status, ran.stderr]).toEqual([1, ''])
  const report: MonitorReportDetail = JSON.parse(ran.stdout)
  expect(report).toMatchObject({
    state: 'alarm',
    origin: 'manual',
    reference: { what: 'profile', model: 'iris', version: '1', rows: 150 },
    current: { what: 'predictions', rows: 120 },
  })
  expect(report.columns.find(({ name }) => name.includes('petal_length'))).toMatchObject({ drift: true })
  expect(report.actions.map(({ do: what, outcome }) => `${what} ${outcome}`)).toEqual([
    'finding done',
    'block_promotion done',
    'flow done',
  ])

  const listed = await commands('monitor', 'ls')
  expect(listed.stdout).toContain('iris-inputs')
  const reports = await commands('drift', 'ls', '--lang', 'fr')
  expect(reports.stdout).toContain('ALERTE')
  const html = join(fabrique.folder, 'report.html')
  const shown = await commands('drift', 'show', report.id, '--html', html)
  expect([shown.status, shown.stdout.includes(report.id)]).toEqual([0, true])
  expect(await readFile(html, 'utf8')).toContain('petal')
  const evidently = await commands('drift', 'show', report.id, '--evidently')
  expect(JSON.parse(evidently.stdout).metrics.length).toBeGreaterThan(4)

  // The loop trains a version, and does not promote it while the finding is open.
  const timeline = async () => (await get<{ items: TimelineEntry[] }>('/monitors/iris-inputs/timeline')).items
  await until('the loop has ended', async () =>
    (await timeline()).some(({ kind, state }) => kind === 'loop' && state === 'COMPLETED'),
  )
  const kinds = new Set((await timeline()).map(({ kind }) => kind))
  for (const kind of ['monitor_changed', 'report', 'finding_opened', 'action', 'loop', 'version_registered'] as const) {
    expect(kinds).toContain(kind)
  }
  const champion = await get<{ aliases: Record<string, string> }>('/models/iris')
  expect(champion.aliases.champion).toBe('1')
  const [finding] = (await get<{ items: Finding[] }>('/findings?state=unresolved')).items
  expect(finding).toMatchObject({ monitor: 'iris-inputs', blocks_promotion: true, model: 'iris' })
  expect(await post(`/api/v1/findings/${finding?.id}/resolve`, { note: 'new flowers' })).toMatchObject({
    state: 'resolved',
  })
})

test('a run of a worker that is killed is done again: one report, and each action once', async () => {
  await post('/api/v1/monitors', {
    name: 'killed',
    project: 'iris',
    model: 'iris',
    reference: { kind: 'training' },
    current: { kind: 'predictions', days: 1 },
    rows_min: 50,
    actions: [{ do: 'finding' }],
  })
  const job = await post<Job>('/api/v1/monitors/killed/run', {})
  const killed = processesOf(fabrique.folder)
  killHard(killed.part('worker'))
  killHard(killed.part('server'))
  await until('it is up again', () =>
    fetch(`${fabrique.url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  await until('the job is over', async () => (await get<Job>(`/jobs/${job.id}`)).state === 'succeeded')
  expect(await reportsOf('killed')).toMatchObject([{ state: 'alarm', job_id: job.id }])
  const { items } = await get<{ items: Finding[] }>('/findings?monitor=killed')
  expect(items).toMatchObject([{ reports: 1 }])
})
