// Starts Debian's Chromium and opens pages that note what must not happen: errors and requests to elsewhere.
import { AsyncLocalStorage } from 'node:async_hooks'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { chromium } from 'playwright-core'

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Longest wait for a state of a page. It bounds what never comes; on a slow machine much comes late. */
const waitMaxMs = 120_000

/** The windows that the test has opened which runs now; several tests may run at once. */
export const windowsOfTest = new AsyncLocalStorage()

/** A browser with an empty profile; `close` also removes the profile. */
export async function startBrowser(executablePath) {
  const home = mkdtempSync(join(tmpdir(), 'fabrique-chromium-'))
  const browser = await chromium.launch({ executablePath, args, env: { ...process.env, HOME: home } })
  return {
    browser,
    close: async () => {
      await browser.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/**
 * A window with its own storage. `problems` fills with console errors, broken pages and requests off the origin;
 * an answer of 4xx that a journey provokes is announced with `expectStatus`.
 */
export async function openWindow(browser, { base, width = 1440, height = 900, theme = 'light', language = 'en' }) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    locale: language === 'fr' ? 'fr-FR' : 'en-GB',
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  windowsOfTest.getStore()?.add(context)
  context.setDefaultTimeout(waitMaxMs)
  const page = await context.newPage()
  const problems = []
  const origin = new URL(base).origin
  const expected = new Set()
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    const isExpected = [...expected].some((status) => message.text().includes(`status of ${status}`))
    if (!isExpected) problems.push(`console: ${message.text()}`)
  })
  page.on('pageerror', (error) => problems.push(`page: ${error.message}`))
  page.on('request', (request) => {
    const address = request.url()
    if (!address.startsWith(origin) && !/^(data|blob):/.test(address)) problems.push(`off origin: ${address}`)
  })
  return {
    page,
    problems,
    expectStatus: (status) => expected.add(status),
    go: async (path, limitMs = waitMaxMs) => {
      await page.goto(`${base}${path}`, { timeout: limitMs })
      await settled(page, limitMs)
    },
    close: () => context.close(),
  }
}

/** Waits until the page has its heading and nothing is loading. */
export async function settled(page, timeout = waitMaxMs) {
  await page.locator('main h1').first().waitFor({ timeout })
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null, undefined, { timeout })
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
}

/** Reads until what is read is as expected. What a page shows follows what happened, at its own pace. */
export async function until(read, expected, limitMs = waitMaxMs) {
  const deadline = Date.now() + limitMs
  for (;;) {
    const [actual, failure] = await read().then(
      (value) => [value, undefined],
      (error) => [undefined, error],
    )
    if (failure === undefined && isDeepStrictEqual(actual, expected)) return
    if (Date.now() > deadline)
      throw failure ?? new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual, null, 1)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
