import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { en } from './en.js'
import { type PartName, parts } from './parts.js'

const sources = fileURLToPath(new URL('..', import.meta.url))
const routerPath = resolve(sources, 'app/router.tsx')
const router = readFileSync(routerPath, 'utf8')

/** The file that an import of a source names; undefined for packages and styles. */
function fileOf(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = resolve(dirname(from), specifier.replace(/\.jsx$/, '.tsx').replace(/\.js$/, '.ts'))
  return /\.tsx?$/.test(path) && existsSync(path) ? path : undefined
}

/** What a source imports, now or later; types bring no texts. */
function importsOf(path: string): readonly string[] {
  const source = readFileSync(path, 'utf8').replaceAll(/import type [^']*'[^']+'/g, '')
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].flatMap(
    ([, specifier = '']) => fileOf(path, specifier) ?? [],
  )
}

/** All sources that are loaded with one, and those it loads later. */
function reachedFrom(entries: readonly string[], except: ReadonlySet<string>): ReadonlySet<string> {
  const seen = new Set<string>()
  const next = [...entries]
  for (let path = next.pop(); path !== undefined; path = next.pop()) {
    if (seen.has(path) || except.has(path)) continue
    seen.add(path)
    next.push(...importsOf(path))
  }
  return seen
}

/** The keys of the catalogue that sources show, each with one that does. */
function keysShownBy(paths: Iterable<string>): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const path of paths) {
    if (path.startsWith(resolve(sources, 'i18n'))) continue
    for (const [, key = ''] of readFileSync(path, 'utf8').matchAll(/(?:\bt|currentCatalogue\(\))\.([a-zA-Z]+)/g))
      keys.set(key, path.slice(sources.length))
  }
  return keys
}

/** Where each key of a part stands; two parts with one key would hide each other. */
async function partOfKeys(): Promise<ReadonlyMap<string, PartName>> {
  const places = new Map<string, PartName>()
  for (const name of Object.keys(parts) as PartName[]) {
    for (const key of Object.keys(await parts[name].en())) {
      expect(places.get(key) ?? (key in en ? 'en.ts' : name), `${key} stands in two parts`).toBe(name)
      places.set(key, name)
    }
  }
  return places
}

/** The pages of the router, each with the parts that its route names. */
const pages = [
  ...router.matchAll(/(withTexts\(\s*)?\(\) => import\('(\.\.\/pages\/[^']+)'\)((?:\s*,\s*'[a-z-]+')*)/g),
].map(([, withTexts, specifier = '', names = '']) => ({
  path: fileOf(routerPath, specifier) ?? specifier,
  parts: new Set(withTexts === undefined ? [] : [...names.matchAll(/'([a-z-]+)'/g)].map(([, name]) => name)),
}))

describe('parts of the catalogue', () => {
  it('finds every page of the router', () => {
    expect(pages.map(({ path }) => path)).toHaveLength(router.match(/import\('/g)?.length ?? 0)
    expect(pages.length).toBeGreaterThan(20)
  })

  it('are named by the routes of the pages that show them', async () => {
    const places = await partOfKeys()
    for (const page of pages) {
      const forgotten = [...keysShownBy(reachedFrom([page.path], new Set()))].flatMap(([key, shownBy]) => {
        const part = places.get(key)
        return part === undefined || page.parts.has(part) ? [] : [`${part} (${shownBy} shows t.${key})`]
      })
      expect(forgotten, `${page.path.slice(sources.length)} in app/router.tsx`).toEqual([])
    }
  })

  it('are not what the frame and the overview show: those have their texts at once', async () => {
    const places = await partOfKeys()
    const isPage = new Set(pages.map(({ path }) => path).filter((path) => !path.endsWith('/home-page.tsx')))
    const reached = reachedFrom([resolve(sources, 'main.tsx')], isPage)
    const shown = keysShownBy([...reached])
    expect([...shown].filter(([key]) => places.has(key))).toEqual([])
    expect([...shown.keys()]).toContain('home')
  })
})
