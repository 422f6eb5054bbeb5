// The browser suite: Chromium against a real server on the iris example, or against any server with --url.
//   node scripts/browser-tests.mjs [--url http://127.0.0.1:8000] [--only smoke,journeys,preferences,account] [--pages REGEX] [--whole] [--tests REGEX] [--screenshots FOLDER]
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { accountJourneys } from '../test/browser/account-journeys.mjs'
import { startBrowser, windowsOfTest } from '../test/browser/browser.mjs'
import { journeys } from '../test/browser/journeys.mjs'
import { knownPages, knownThings } from '../test/browser/known-pages.mjs'
import { preferences } from '../test/browser/preferences.mjs'
import { screenshots } from '../test/browser/screenshots.mjs'
import { writeDataProject } from '../test/browser/seed-data.mjs'
import { writeFeatureProject } from '../test/browser/seed-features.mjs'
import { writeFlowProject } from '../test/browser/seed-flows.mjs'
import { writeMonitorProject } from '../test/browser/seed-monitoring.mjs'
import { smoke } from '../test/browser/smoke.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const startTimeoutMs = 300_000
const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    only: { type: 'string', default: 'smoke,journeys,preferences,account' },
    pages: { type: 'string' },
    tests: { type: 'string' },
    whole: { type: 'boolean', default: false },
    screenshots: { type: 'string', default: process.env.FABRIQUE_SCREENSHOTS },
  },
})

function ensureChromium() {
  if (existsSync(chromiumPath)) return
  if (process.getuid?.() !== 0) throw new Error(`No Chromium at ${chromiumPath}: install it, or set CHROMIUM_PATH`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
  execFileSync('apt-get', ['install', '-y', '-qq', 'chromium'], { stdio: 'inherit', env })
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Starts `fabrique up` on a copy of the example and a project of data, and waits until the loop has ended. */
async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), 'fabrique-browser-'))
  const project = join(folder, 'iris')
  cpSync(join(root, 'examples', 'iris'), project, {
    recursive: true,
    filter: (path) => !/[\\/](\.fabrique|node_modules|dist)$/.test(path),
  })
  writeDataProject(folder)
  writeFeatureProject(folder)
  writeFlowProject(folder)
  writeMonitorProject(folder)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const port = await freePort()
  const program = join(root, 'packages', 'fabrique', 'bin', 'fabrique.mjs')
  const child = spawn(process.execPath, [program, 'up', folder, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FABRIQUE_DATA_DIR: undefined },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-20_000)
    })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
    await ended
    clearTimeout(timer)
    rmSync(folder, { recursive: true, force: true })
  }
  const base = `http://127.0.0.1:${port}`
  try {
    await waitForLoop(base, child)
  } catch (error) {
    process.stderr.write(output)
    await stop()
    throw error
  }
  return { base, stop }
}

async function waitForLoop(base, child) {
  const deadline = Date.now() + startTimeoutMs
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}`)
    const endpoints = await fetch(`${base}/api/v1/endpoints`)
      .then((reply) => (reply.ok ? reply.json() : { items: [] }))
      .catch(() => ({ items: [] }))
    if (endpoints.items.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  throw new Error(`The loop had not ended after ${startTimeoutMs / 1000} s`)
}

const counts = { passed: 0, failed: 0 }

const wantedTests = new RegExp(options.tests ?? '')

/** Runs a test; the windows that a failed one left open are described and closed, so that no other test shares the machine with them. */
async function test(name, body) {
  if (!wantedTests.test(name)) return
  const opened = new Set()
  try {
    await windowsOfTest.run(opened, body)
    counts.passed += 1
    console.log(`  ok    ${name}`)
  } catch (error) {
    counts.failed += 1
    console.log(
      `  FAIL  ${name}\n        ${String(error.message ?? error)
        .split('\n')
        .slice(0, 30)
        .join('\n        ')}`,
    )
    for (const context of browser.contexts().filter((context) => opened.has(context))) {
      for (const page of context.pages()) console.log(indented(await describePage(page)))
      await context.close()
    }
  }
}

const indented = (text) => `        ${text.split('\n').join('\n        ')}`

/** What a page shows, for the log of a failure. */
async function describePage(page) {
  const text = await page
    .locator('main')
    .first()
    .innerText({ timeout: 2000 })
    .catch((error) => String(error.message ?? error))
  return `at ${page.url()}\n${text.replace(/\n{2,}/g, '\n').slice(0, 1500)}`
}

function expect(actual, expected) {
  if (isDeepStrictEqual(actual, expected)) return
  throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual, null, 1)}`)
}

ensureChromium()
const server =
  options.url === undefined ? await startServer() : { base: options.url.replace(/\/$/, ''), stop: async () => {} }
const { browser, close } = await startBrowser(chromiumPath)
try {
  const things = await knownThings(server.base)
  const wanted = new RegExp(options.pages ?? '')
  const pages = knownPages(things).filter(([name]) => wanted.test(name))
  const context = { browser, base: server.base, things, pages, isWhole: options.whole, test, expect }
  const suites = { smoke, journeys, preferences, account: accountJourneys }
  const run = async (name) => {
    const startedAt = performance.now()
    await suites[name](context).catch((error) => {
      // What breaks between two tests ends its suite, not the others.
      counts.failed += 1
      console.log(`  FAIL  ${name}: ${error.stack ?? error}`)
    })
    console.log(`(${name}: ${Math.round((performance.now() - startedAt) / 1000)} s)`)
  }
  const names = options.only.split(',').filter((name) => name !== '')
  for (const name of names.filter((name) => name !== 'account')) await run(name)
  if (options.screenshots !== undefined) {
    const taken = await screenshots({ ...context, folder: options.screenshots })
    console.log(`  ${taken} pictures in ${options.screenshots}`)
  }
  // It makes users: nothing else can be asked for without a login afterwards.
  if (names.includes('account')) await run('account')
} finally {
  await close()
  await server.stop()
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exitCode = counts.failed === 0 && counts.passed + (options.screenshots === undefined ? 0 : 1) > 0 ? 0 : 1
