// Every page in both languages, both themes and two widths, in two views that differ in all of them or in all eight: no error, no violation,
// nothing clipped. Two windows at once: while one waits for the server, the other is drawn.
import { readFileSync } from 'node:fs'
import { openWindow, until } from './browser.mjs'
import { knownPages } from './known-pages.mjs'
import { axeViolations, frameProblems } from './page-checks.mjs'

/** Longest waits for a page: until nothing is loading, and then until it has arranged itself; short, as one fault may be on every page. */
const loadedMs = 45_000
const arrangedMs = 15_000
const pathBuilder = new URL('../../packages/web/src/routing/paths.ts', import.meta.url)

const allViews = ['en', 'fr'].flatMap((language) =>
  ['light', 'dark'].flatMap((theme) => [1440, 640].map((width) => [language, theme, width])),
)
/** What each of two windows shows its pages in: neighbours in the list have the other language with a theme and a width. */
const oppositeViews = [
  [
    ['en', 'light', 1440],
    ['fr', 'dark', 640],
  ],
  [
    ['en', 'dark', 640],
    ['fr', 'light', 1440],
  ],
]
/** Below that a table is cards. */
const narrowView = ['fr', 'light', 390]

/** @param isWhole every page in all eight views instead of two */
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
  // A page that never was ready is not waited for again.
  const stuck = new Set()
  const visit = async (window, { path, language, width }) => {
    window.problems.length = 0
    await window.go(path, loadedMs).catch((error) => {
      stuck.add(path)
      throw error
    })
    // A page may still arrange itself; what is wrong with it stays.
    const problems = async () => [
      ...(await frameProblems(window.page, language)),
      ...(width === narrowView[2] ? [] : await axeViolations(window.page)),
    ]
    await until(problems, [], arrangedMs)
    expect(window.problems, [])
  }
  // Each takes every second page.
  const work = async (turn) => {
    for (const [language, theme, width] of [...(isWhole ? allViews : oppositeViews[turn]), narrowView]) {
      const window = await openWindow(browser, { base, width, height: width < 600 ? 800 : 900, theme, language })
      for (const [name, path] of pages.filter((_, index) => index % 2 === turn)) {
        await test(`smoke: ${name} ${language} ${theme} ${width}`, async () => {
          if (stuck.has(path)) throw new Error('It was not ready in another view')
          await visit(window, { path, language, width })
        })
      }
      await window.close()
    }
  }
  await Promise.all([work(0), work(1)])
  await firstLoad({ browser, base, test, expect })
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
