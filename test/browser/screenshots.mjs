// Pictures of every page, for people to look at; nothing is compared.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWindow } from './browser.mjs'

export async function screenshots({ browser, base, pages, folder }) {
  mkdirSync(folder, { recursive: true })
  const taken = []
  for (const language of ['en', 'fr']) {
    for (const theme of ['light', 'dark']) {
      for (const width of [1440, 640]) {
        const window = await openWindow(browser, { base, width, theme, language })
        for (const [name, path] of pages) {
          await window.go(path)
          const file = `${name}-${language}-${theme}-${width}.png`
          await window.page.screenshot({ path: join(folder, file), fullPage: true })
          taken.push({ name, file, width })
        }
        await window.close()
      }
    }
  }
  writeFileSync(join(folder, 'index.html'), contactSheet(taken))
  return taken.length
}

function contactSheet(taken) {
  const names = [...new Set(taken.map(({ name }) => name))]
  const rows = names.map((name) => {
    const pictures = taken.filter((each) => each.name === name)
    const images = pictures.map(
      ({ file, width }) =>
        `<a href="${file}"><img src="${file}" alt="${file}" width="${width / 4}" loading="lazy"></a>`,
    )
    return `<h2>${name}</h2><div>${images.join('\n')}</div>`
  })
  return `<!doctype html><meta charset="utf-8"><title>Contact sheet</title>
<style>body{font:14px system-ui;margin:24px;background:#888}div{display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start}</style>
${rows.join('\n')}\n`
}
