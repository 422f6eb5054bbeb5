// A genuine Prometheus beside a running server of the project measured/: what promtool says of metrics, configuration and rules, and
// whether every query of every dashboard and rule that `fabrique export grafana` writes has an answer.
//
// usage: node prometheus_suite.mjs --url http://127.0.0.1:8000 --program packages/fabrique/bin/fabrique.mjs [--seconds 30]
//
// Needs the Debian package prometheus; without it nothing is checked, and that is told. The last line is `N passed, N failed`.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort, untilServes } from '../../scripts/test-server.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const { parse: parseYaml } = createRequire(join(root, 'packages', 'fabrique', 'package.json'))('yaml')

const { values: flags } = parseArgs({
  options: { url: { type: 'string' }, program: { type: 'string' }, seconds: { type: 'string', default: '30' } },
})
const url = flags.url.replace(/\/$/, '')
const seconds = Number(flags.seconds)
// These bound waiting for what never comes.
const replyTimeoutMs = 60_000
const probeTimeoutMs = 5_000
const prometheusStartTimeoutMs = 180_000
const readyTimeoutMs = 180_000
const project = '/api/v1/projects/measured'

let passed = 0
let failed = 0

/** One check; what it throws is why it failed. */
async function check(name, action) {
  try {
    await action()
    passed += 1
    console.log(`ok      ${name}`)
  } catch (error) {
    failed += 1
    console.log(`FAILED  ${name}: ${error instanceof Error ? error.message : error}`)
  }
}

function expect(condition, message) {
  if (!condition) throw new Error(message)
}

async function ask(method, path, body) {
  const reply = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(replyTimeoutMs),
  })
  return { status: reply.status, body: await reply.json() }
}

/** As `ask`, once more where no answer came: a connection may be cut on a machine that does much else. */
const askAgain = (...request) => ask(...request).catch(() => ask(...request))

/** As `ask`, of what must be taken: 503 says to come again, as a machine that begins much at once does. */
async function order(method, path, body) {
  let reply = await ask(method, path, body)
  for (let turn = 0; reply.status === 503 && turn < 15; turn += 1) {
    await sleep(2_000)
    reply = await ask(method, path, body)
  }
  if (reply.status >= 300) throw new Error(`${method} ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`)
  return reply.body
}

/** Predictions for as long as it is watched: right and wrong requests, of one row and of several. */
function keepBusy() {
  let isOver = false
  let asked = 0
  const predictions = (async () => {
    while (!isOver) {
      asked += 1
      const x = asked % 100
      const kinds = asked % 5 === 0 ? [[x, 'three times']] : [[x, 3 * x]]
      await askAgain('POST', '/api/v1/models/kinds/predict', { features: kinds })
      await askAgain('POST', '/api/v1/models/heights/predict', { features: [[x], [x + 1], [x + 2]] })
      await sleep(20)
    }
  })()
  // What goes wrong is told when it is waited for.
  predictions.catch(() => {})
  return async () => {
    isOver = true
    await predictions
  }
}

/** More trainings than are done at once, so that some of them wait while others run. */
async function train() {
  const estimator = { kind: 'random_forest_classifier', params: { n_estimators: 300 } }
  const asked = { snapshot: 'points@latest', target: 'kind', features: ['x', 'y'], estimator, folds: 5 }
  await Promise.all(Array.from({ length: 40 }, (_, seed) => order('POST', `${project}/trainings`, { ...asked, seed })))
}

/** A report of a monitor: what was asked since the start, compared with what the model learnt from. */
async function watch() {
  for (let asked = 0; asked < 150; asked += 1) {
    const x = (asked * 37) % 100
    await order('POST', '/api/v1/models/kinds/predict', { features: [[x, 3 * x]] })
  }
  await order('POST', '/api/v1/monitors', {
    name: 'kinds-drift',
    project: 'measured',
    model: 'kinds',
    reference: { kind: 'training' },
    current: { kind: 'predictions', days: 1 },
    checks: [{ kind: 'quality', metric: 'missing_share', max: 0.5 }],
    actions: [{ do: 'finding', from: 'warning' }],
  })
  // Rows of the log are written a moment after their answers.
  await sleep(1_000)
  await order('POST', '/api/v1/monitors/kinds-drift/run', {})
}

/** A Prometheus on what was exported. */
async function startPrometheus(folder) {
  const port = await freePort()
  const log = openSync(join(folder, 'prometheus.log'), 'w')
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus', 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'series')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', log, log] },
  )
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      child.kill('SIGKILL')
      process.exit(1)
    })
  }
  const address = `http://127.0.0.1:${port}`
  const answers = async () => {
    const reply = await fetch(`${address}/-/ready`, { signal: AbortSignal.timeout(probeTimeoutMs) }).catch(
      () => undefined,
    )
    return reply?.ok === true
  }
  const stop = await untilServes(child, { name: 'Prometheus', answers, timeoutMs: prometheusStartTimeoutMs })
  return { address, stop }
}

async function asked(prometheus, path, params) {
  const reply = await fetch(`${prometheus.address}/api/v1/${path}?${new URLSearchParams(params)}`, {
    signal: AbortSignal.timeout(replyTimeoutMs),
  })
  const body = await reply.json()
  if (body.status !== 'success') throw new Error(`${JSON.stringify(params)}: ${body.error}`)
  return body.data
}

async function metricsOf() {
  const reply = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(replyTimeoutMs) })
  return reply.text()
}

/** What Grafana would put in place of its variables and of those of a dashboard. */
const filledIn = (expr) => expr.replaceAll('$__rate_interval', '20s').replaceAll(/\$\w+/g, '.*')

/** How many values a query had in the time that was watched; what is not a number is none. */
async function valuesOf(prometheus, expr, { from, until }) {
  const { result } = await asked(prometheus, 'query_range', { query: filledIn(expr), start: from, end: until, step: 5 })
  return result.flatMap(({ values }) => values).filter(([, value]) => Number.isFinite(Number(value))).length
}

/** What this machine does not tell, so that nobody asks for it: `[what the query names, why]`. */
function untold(metrics) {
  const has = (name, labels = '') => new RegExp(`^${name}\\{?${labels}`, 'm').test(metrics)
  return [
    ...['cpu', 'io', 'memory']
      .map((what) => `node_pressure_${what}`)
      .filter((name) => !has(`${name}_waiting_seconds_total`))
      .map((name) => [name, 'the kernel counts no pressure']),
    ...(/^node_disk_\w+_total\{device="(?!loop|ram|zram|fd|sr)/m.test(metrics)
      ? []
      : [['node_disk_', 'there is no disk of its own']]),
    ...(/^node_network_\w+_total\{device="(?!lo")/m.test(metrics)
      ? []
      : [['node_network_(?:receive|transmit)_bytes', 'there is no network']]),
    ...(has('node_filesystem_avail_bytes', '.*fstype="(?!tmpfs)')
      ? []
      : [['node_filesystem_', 'there is no file system']]),
  ]
}

/** Names that others gave: `promtool` would have given others, their dashboards ask for these. */
const namedByOthers = [
  // node_exporter keeps the names of the kernel.
  /^node_(memory|netstat)_\w+ metric names should be written in 'snake_case' not 'camelCase'$/,
  // prom-client.
  /^nodejs_active_(handles|requests|resources)_total non-counter metrics should not have "_total" suffix$/,
]

const isInstalled = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0

async function checkAll(folder) {
  const exported = spawnSync(
    process.execPath,
    [
      flags.program,
      ...['export', 'grafana', '--out', folder, '--prometheus', 'http://127.0.0.1:9090'],
      ...['--target', new URL(url).host, '--lang', 'en', '--json'],
    ],
    { encoding: 'utf8' },
  )
  await check('fabrique export grafana writes its files', () => {
    expect(exported.status === 0, exported.stderr)
    expect(
      JSON.parse(exported.stdout).files.every(({ state }) => state === 'written'),
      exported.stdout,
    )
  })
  await check('promtool takes configuration and rules', () => {
    const told = spawnSync('promtool', ['check', 'config', join(folder, 'prometheus', 'prometheus.yml')], {
      encoding: 'utf8',
    })
    expect(told.status === 0, told.stdout + told.stderr)
  })

  await watch().catch((error) => check('a monitor is made and run', () => Promise.reject(error)))
  const start = (flow) => order('POST', `${project}/flows/${flow}/runs`, {})
  await Promise.all(['steady', 'broken', ...Array(30).fill('slow')].map(start))
  const prometheus = await startPrometheus(folder)
  const rest = keepBusy()
  const from = Date.now() / 1000
  try {
    await train()
    // Flows, reports and materialised features are told when they are over.
    const wanted = ['fabrique_feature_view_keys', 'fabrique_flow_runs_last_hour', 'fabrique_monitor_state']
    const deadline = performance.now() + readyTimeoutMs
    const isTold = async () => {
      const text = await metricsOf().catch(() => '')
      return wanted.every((name) => text.includes(`\n${name}{`))
    }
    while (!(await isTold()) && performance.now() < deadline) await sleep(500)
    await sleep(seconds * 1000)
    await rest()
    await checkAnswers(prometheus, folder, { from, until: Date.now() / 1000 })
  } finally {
    await prometheus.stop()
    // What failed first is told.
    await rest().catch(() => {})
  }
}

async function checkAnswers(prometheus, folder, watched) {
  const metrics = await metricsOf()
  await check('promtool finds nothing wrong with the metrics', () => {
    const told = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' })
    const found = (told.stdout + told.stderr).split('\n').filter((line) => line.trim() !== '')
    const wrong = found.filter((line) => !namedByOthers.some((name) => name.test(line)))
    expect(wrong.length === 0, wrong.join('\n'))
    expect(told.status === 0 || told.status === 3, `promtool ended with ${told.status}`)
  })
  // One may take too long on a machine that does much else meanwhile.
  await check('scrapes were answered', async () => {
    const { result } = await asked(prometheus, 'query_range', {
      query: 'up{job="fabrique"}',
      start: watched.from,
      end: watched.until,
      step: 5,
    })
    const values = result.flatMap((series) => series.values.map(([, value]) => value))
    expect(values.length >= seconds / 5 - 1, `only ${values.length} values`)
    const answered = values.filter((value) => value === '1').length
    expect(answered >= 0.8 * values.length, `up was ${values.join(' ')}`)
  })
  const left = untold(metrics)
  const answered = (name, expr) => {
    const why = left.find(([what]) => new RegExp(what).test(expr))?.[1]
    if (why !== undefined) return console.log(`left    ${name}: ${why}`)
    return check(name, async () => {
      expect((await valuesOf(prometheus, expr, watched)) > 0, `no value for ${filledIn(expr)}`)
    })
  }
  const boards = join(folder, 'grafana', 'dashboards')
  for (const file of readdirSync(boards).sort()) {
    const { title, panels, templating, annotations } = JSON.parse(readFileSync(join(boards, file), 'utf8'))
    for (const { name, definition } of templating.list) {
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(definition)
      await check(`${title} / choice ${name}`, async () => {
        const found = await asked(prometheus, `label/${label}/values`, { 'match[]': metric })
        expect(found.length > 0, `no value for ${definition}`)
      })
    }
    for (const { name, expr } of annotations.list) {
      if (expr !== undefined) await answered(`${title} / mark ${name}`, expr)
    }
    for (const { title: panel, targets = [] } of panels) {
      for (const { refId, expr } of targets) await answered(`${title} / ${panel} ${refId}`, expr)
    }
  }
  const [{ rules: alerts }] = parseYaml(
    readFileSync(join(folder, 'grafana', 'provisioning', 'alerting', 'fabrique.yaml'), 'utf8'),
  ).groups
  for (const { title, data } of alerts) await answered(`alert / ${title}`, data[0].model.expr.replaceAll('$$', '$'))
  const { groups } = await asked(prometheus, 'rules', {})
  for (const { name, health, lastError, query } of groups.flatMap(({ rules }) => rules)) {
    await check(`rule ${name} is healthy`, () => expect(health === 'ok', `${health} ${lastError ?? ''}`))
    if (!left.some(([what]) => new RegExp(what).test(query))) await answered(`rule ${name}`, name)
  }
}

if (!isInstalled('prometheus') || !isInstalled('promtool')) {
  console.log(
    'Prometheus is not on this machine (Debian package prometheus): its scrapes and the dashboards are not checked',
  )
} else {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-prometheus-'))
  await check('the suite runs to its end', () => checkAll(folder))
  if (failed === 0) rmSync(folder, { recursive: true, force: true })
  else console.log(`What was exported and the log of Prometheus were left in ${folder}`)
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
