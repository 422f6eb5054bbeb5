// What has to hold on every page, whatever its language, theme and width.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Accessibility violations, each with the first elements that have it. */
export async function axeViolations(page) {
  await page.evaluate(axeSource)
  const violations = await page.evaluate(
    async (runOnly) => (await window.axe.run(document, { runOnly })).violations,
    tags,
  )
  return violations.map(
    ({ id, help, nodes }) =>
      `axe ${id}: ${help} at ${nodes
        .slice(0, 3)
        .map(({ target }) => target.join(' '))
        .join(' | ')}`,
  )
}

/** What is wrong with the frame of the page: title, headings, width, clipped words, dead links. */
export async function frameProblems(page, language) {
  return page.evaluate((lang) => {
    const problems = []
    if (document.title === '' || document.title === 'Fabrique') problems.push(`title is "${document.title}"`)
    if (document.documentElement.lang !== lang) problems.push(`lang is ${document.documentElement.lang}`)
    const headings = document.querySelectorAll('h1')
    if (headings.length !== 1) problems.push(`${headings.length} h1`)
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth > clientWidth) problems.push(`page is ${scrollWidth} wide in ${clientWidth}`)
    for (const element of document.querySelectorAll('button, .tab, .nav-item, .mantine-SegmentedControl-label')) {
      const isHidden = element.getClientRects().length === 0 || element.classList.contains('visually-hidden')
      if (isHidden || element.closest('[data-narrow]')) continue
      if (element.scrollWidth > element.clientWidth + 2)
        problems.push(`clipped: ${element.textContent.trim().slice(0, 40)}`)
    }
    for (const link of document.querySelectorAll('a')) {
      if (!link.getAttribute('href')) problems.push(`link without address: ${link.textContent}`)
    }
    if (/undefined|\[object Object\]|NaN,/.test(document.querySelector('main').textContent))
      problems.push('undefined in the text')
    return problems
  }, language)
}
