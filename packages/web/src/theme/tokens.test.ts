import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')
const block = (selector: string) => {
  const start = css.indexOf(`${selector} {`)
  const body = css.slice(start, css.indexOf('}', start))
  return new Map([...body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
}
const themes = { light: block(':root'), dark: block('[data-mantine-color-scheme="dark"]') }

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(first: string, second: string): number {
  const [low = 0, high = 0] = [luminance(first), luminance(second)].sort((a, b) => a - b)
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['background', 'surface', 'hover', 'accent-tint', 'failure-tint', 'warning-tint', 'ok-tint']

describe.each(Object.entries(themes))('%s tokens', (_, theme) => {
  const color = (name: string) => theme.get(name) ?? 'missing'

  it.each(['text', 'muted', 'accent', 'ok', 'warning', 'failure', 'idle'])('%s is readable on each ground', (name) => {
    for (const ground of grounds) expect(contrast(color(name), color(ground)), ground).toBeGreaterThanOrEqual(4.5)
  })

  it('text on the accent is readable', () => {
    expect(contrast(color('on-accent'), color('accent'))).toBeGreaterThanOrEqual(4.5)
  })

  it('text on the accent under the pointer is readable', () => {
    const mixed = [1, 3, 5].map((at) => {
      const part = (name: string) => Number.parseInt(color(name).slice(at, at + 2), 16)
      return Math.round(0.88 * part('accent') + 0.12 * part('text'))
    })
    const hover = `#${mixed.map((part) => part.toString(16).padStart(2, '0')).join('')}`
    expect(contrast(color('on-accent'), hover)).toBeGreaterThanOrEqual(4.5)
  })

  it('control borders can be seen', () => {
    for (const ground of ['background', 'surface'])
      expect(contrast(color('control-border'), color(ground))).toBeGreaterThanOrEqual(3)
  })

  it.each([1, 2, 3, 4, 5, 6])('series %i can be seen', (index) => {
    expect(contrast(color(`series-${index}`), color('background'))).toBeGreaterThanOrEqual(3)
  })
})
