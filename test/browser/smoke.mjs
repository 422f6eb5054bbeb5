// Every page in both languages, both themes and two widths, in pairs or all: no error, no violation, nothing clipped.
import { readFileSync } from 'node:fs'
import { openWindow, until } from './browser.mjs'
import { knownPages } from './known-pages.mjs'
import { axeViolations, frameProblems } from './page-checks.mjs'

/** Longest wait for a page that has all it shows; short, as one fault may be on every page. */
const arrangedMs = 15_000
const pathBuilder = new URL('../../packages/web/src/routing/paths.ts', import.meta.url)

const allViews = ['en', 'fr'].flatMap((language) =>
  ['light', 'dark'].flatMap((theme) => [1440, 640].map((width) => [language, theme, width])),
)
/** Half of them, in which every two of language, theme and width still meet. */
const pairedViews = [
  ['en', 'light', 1440],
  ['en', 'dark', 640],
  ['fr', 'light', 640],
  ['fr', 'dark', 1440],
]

/** @param isWhole every page in all eight views instead of four */
export async function smoke({ browser, base, things, pages, isWhole, test, expect }) {
  await test('smoke: every page of the path builder is visited', async () => {
    const patterns = readFileSync(pathBuilder, 'utf8').match(/patterns = \{([\s\S]*?)\} as const/)?.[1] ?? ''
    const names = [...patterns.matchAll(/^ {2}(\w+):/gm)].map((match) => match[1])
    const visited = new Set(knownPages(things).map(([name]) => name))
    expect(
      names.filter((name) => !visited.has(name)),
      [],
    )
  })
  for (const [language, theme, width] of isWhole ? allViews : pairedViews) {
    const window = await openWindow(browser, { base, width, theme, language })
    for (const [name, path] of pages) {
      await test(`smoke: ${name} ${language} ${theme} ${width}`, async () => {
        window.problems.length = 0
        await window.go(path)
        // A page may still arrange itself; what is wrong with it stays.
        await until(
          async () => [...(await frameProblems(window.page, language)), ...(await axeViolations(window.page))],
          [],
          arrangedMs,
        )
        expect(window.problems, [])
      })
    }
    await window.close()
  }
  await narrowCards({ browser, base, pages, test, expect })
  await firstLoad({ browser, base, test, expect })
}

/** Below 640 a table is cards, and the page still has no sideways scroll. */
async function narrowCards({ browser, base, pages, test, expect }) {
  const window = await openWindow(browser, { base, width: 390, height: 800, language: 'fr' })
  for (const [name, path] of pages) {
    await test(`smoke: ${name} fr light 390`, async () => {
      window.problems.length = 0
      await window.go(path)
      await until(() => frameProblems(window.page, 'fr'), [], arrangedMs)
      expect(window.problems, [])
    })
  }
  await window.close()
}

const initialScriptBytesMax = 180 * 1024
const styleBytesMax = 20 * 1024

/** What the first view costs over the wire, compressed as the server does or as gzip would. */
async function firstLoad({ browser, base, test, expect }) {
  const { gzipSync } = await import('node:zlib')
  await test('smoke: the first view stays within its budget', async () => {
    const window = await openWindow(browser, { base })
    const sizes = { js: 0, css: 0 }
    const jobs = []
    window.page.on('response', (response) => {
      const kind = new URL(response.url()).pathname.match(/\.(js|css)$/)?.[1]
      if (kind !== undefined)
        jobs.push(
          response.body().then((body) => {
            sizes[kind] += gzipSync(body, { level: 9 }).length
          }),
        )
    })
    await window.go('/')
    await Promise.all(jobs)
    await window.close()
    process.stdout.write(
      `  first view: ${(sizes.js / 1024).toFixed(1)} KiB of scripts, ${(sizes.css / 1024).toFixed(1)} KiB of styles, gzip\n`,
    )
    expect(sizes.js <= initialScriptBytesMax && sizes.css <= styleBytesMax, true)
  })
}
