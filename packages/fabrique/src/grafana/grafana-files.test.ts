import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { alertRules } from './alert-rules.js'
import { dashboards, type GrafanaOptions, grafanaFiles } from './grafana-files.js'
import { recordingRules } from './recording-rules.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

const files = (options: Partial<GrafanaOptions> = {}) =>
  grafanaFiles({ prometheus: 'http://127.0.0.1:9090', targets: ['127.0.0.1:8000'], language: 'en', ...options })

const read = (path: string, options?: Partial<GrafanaOptions>) => files(options).get(path) ?? ''

interface RenderedPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[]
}

const dashboardsIn = (language: 'en' | 'fr') =>
  dashboards.map(({ uid }) => JSON.parse(read(`grafana/dashboards/${uid}.json`, { language })))

test('deploy/ has what the code writes', async () => {
  const generator: { deployed: GrafanaOptions } = await import(
    pathToFileURL(join(root, 'scripts/generate-docs.mjs')).href
  )
  for (const [path, text] of grafanaFiles(generator.deployed)) {
    expect(
      readFileSync(join(root, 'deploy', path), 'utf8') === text,
      `${path}: run node scripts/generate-docs.mjs`,
    ).toBe(true)
  }
})

/** Every query that is shipped. */
const queries = [
  ...dashboards.flatMap(({ rows, marks = [] }) => [
    ...rows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(({ expr }) => expr))),
    ...marks.map(({ expr }) => expr),
  ]),
  ...alertRules.map(({ expr }) => expr),
  ...recordingRules.map(({ expr }) => expr),
]

test('queries ask for metrics that are documented, with variables that Grafana or the dashboard has', () => {
  const known = readFileSync(join(root, 'docs/metrics.md'), 'utf8')
  expect(queries.length).toBeGreaterThan(80)
  for (const expr of queries) {
    for (const [name] of expr.matchAll(/\b(?:fabrique|http)_\w+/g)) {
      const family = name.replace(/_(bucket|sum|count)$/, '')
      expect(known.includes(`| \`${family}\` |`) || known.includes(`| \`${name}\` |`), name).toBe(true)
    }
  }
  for (const { uid, choices, rows } of dashboards) {
    const names = new Set(choices.map(({ name }) => name))
    const own = rows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(({ expr }) => expr)))
    for (const expr of own) {
      for (const [, name = ''] of expr.matchAll(/\$(\w+)/g)) {
        expect(name === '__rate_interval' || names.has(name), `${uid}: $${name}`).toBe(true)
      }
    }
    for (const name of names) expect(own.some((expr) => expr.includes(`$${name}`))).toBe(true)
  }
})

describe.each(['en', 'fr'] as const)('dashboards in %s', (language) => {
  test('have fixed ids, the pinned source, and panels that do not overlap', () => {
    const rendered = dashboardsIn(language)
    expect(new Set(rendered.map(({ uid }) => uid)).size).toBe(dashboards.length)
    for (const { panels, uid, schemaVersion } of rendered) {
      expect(schemaVersion).toBe(39)
      const ids = panels.map(({ id }: RenderedPanel) => id)
      expect(new Set(ids).size).toBe(ids.length)
      const taken = new Set<string>()
      for (const { title, gridPos, targets = [] } of panels as RenderedPanel[]) {
        expect(title).not.toBe('')
        expect(gridPos.x + gridPos.w, `${uid}: ${title}`).toBeLessThanOrEqual(24)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(taken.has(`${x} ${y}`), `${uid}: ${title} lies on another`).toBe(false)
            taken.add(`${x} ${y}`)
          }
        }
        expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length)
      }
      expect(JSON.stringify(panels)).not.toContain('undefined')
    }
  })

  test('fill their lines', () => {
    for (const { panels, uid } of dashboardsIn(language)) {
      const widths = new Map<number, number>()
      for (const { gridPos } of panels as RenderedPanel[]) {
        widths.set(gridPos.y, (widths.get(gridPos.y) ?? 0) + gridPos.w)
      }
      expect([...new Set(widths.values())], uid).toEqual([24])
    }
  })
})

test('French texts are French, with narrow spaces before double punctuation', () => {
  const words = JSON.stringify([
    dashboardsIn('fr'),
    parse(read('grafana/provisioning/alerting/fabrique.yaml', { language: 'fr' })),
  ])
  const said = [...words.matchAll(/"(?:title|description|summary|label|name|legendFormat)":"((?:[^"\\]|\\.)*)"/g)].map(
    ([, text = '']) => text,
  )
  expect(said.length).toBeGreaterThan(150)
  for (const text of said) expect(text, text).not.toMatch(/[ \u00a0][;:!?»%]|«[^\u202f]|[a-zé]'[a-z]/)
})

test('alert rules have short ids of their own, and no $ that Grafana would replace', () => {
  const { groups } = parse(read('grafana/provisioning/alerting/fabrique.yaml'))
  const rules: { uid: string; annotations: object; data: unknown }[] = groups[0].rules
  expect(rules).toHaveLength(alertRules.length)
  expect(new Set(rules.map(({ uid }) => uid)).size).toBe(rules.length)
  for (const { uid } of rules) expect(uid.length).toBeLessThanOrEqual(40)
  for (const text of rules.map((rule) => JSON.stringify(rule))) expect(text).not.toMatch(/(?<!\$)\$(?!\$)/)
  expect(read('grafana/provisioning/alerting/fabrique.yaml')).toContain('{{ $$labels.instance }}')
  // Whoever is told is told by the people of the place.
  expect(Object.keys(parse(read('grafana/provisioning/alerting/fabrique.yaml')))).toEqual(['apiVersion', 'groups'])
})

test('addresses, targets and a key go where they belong', () => {
  const options = { prometheus: 'https://p.example/$x', targets: ['a:1', 'b:2'], keyFile: '/etc/prometheus/key' }
  const source = parse(read('grafana/provisioning/datasources/fabrique.yaml', options))
  expect(source.datasources[0]).toMatchObject({ uid: 'fabrique-prometheus', url: 'https://p.example/$$x' })
  const [job] = parse(read('prometheus/prometheus.yml', options)).scrape_configs
  expect(job).toMatchObject({
    job_name: 'fabrique',
    authorization: { type: 'Bearer', credentials_file: '/etc/prometheus/key' },
    static_configs: [{ targets: ['a:1', 'b:2'] }],
  })
  expect(parse(read('prometheus/prometheus.yml')).scrape_configs[0]).not.toHaveProperty('authorization')
})
