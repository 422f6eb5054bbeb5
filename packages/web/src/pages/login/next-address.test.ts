import { describe, expect, it } from 'vitest'
import { nextAddress } from './next-address.js'

const origin = 'https://ml.example'
const next = (text: string) => nextAddress(`?next=${encodeURIComponent(text)}`, origin)

describe('nextAddress', () => {
  it('is a page of this server with all that stands behind it', () => {
    expect(next('/models/iris?tab=changes#x')).toBe('/models/iris?tab=changes#x')
    expect(next('https://ml.example/flows')).toBe('/flows')
    expect(nextAddress('', origin)).toBe('/')
  })

  it('leads nowhere else', () => {
    for (const text of [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example',
      '/.//evil.example',
      '/x/..//evil.example',
      'https://ml.example//evil.example',
      'javascript:alert(1)',
      'http://ml.example/',
      'https://',
    ])
      expect(next(text)).toBe('/')
  })

  it('does not lead back to the login', () => {
    expect(next('/login?next=/login')).toBe('/')
  })
})
