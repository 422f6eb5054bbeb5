import { describe, expect, it } from 'vitest'
import { readInline, readMarkdown } from './read-markdown.js'

const text = (value: string) => ({ kind: 'text', text: value })

describe('readMarkdown', () => {
  it('reads headings, paragraphs, code and rules', () => {
    expect(readMarkdown('# Drift #\n\nTwo\nlines\n\n---\n```js\n**not bold**\n```')).toEqual([
      { kind: 'heading', level: 1, text: [text('Drift')] },
      { kind: 'paragraph', text: [text('Two\nlines')] },
      { kind: 'rule' },
      { kind: 'code', text: '**not bold**' },
    ])
  })

  it('reads lists within lists, and items that go on', () => {
    expect(readMarkdown('1. one\n2. two\n   - deep\n\n   more\n\nafter')).toEqual([
      {
        kind: 'list',
        isOrdered: true,
        items: [
          [{ kind: 'paragraph', text: [text('one')] }],
          [
            { kind: 'paragraph', text: [text('two')] },
            { kind: 'list', isOrdered: false, items: [[{ kind: 'paragraph', text: [text('deep')] }]] },
            { kind: 'paragraph', text: [text('more')] },
          ],
        ],
      },
      { kind: 'paragraph', text: [text('after')] },
    ])
  })

  it('reads tables and quotes', () => {
    expect(readMarkdown('| a | b |\n|---|:-:|\n| 1 | `x` \\| y |\n> said\n> twice')).toEqual([
      {
        kind: 'table',
        head: [[text('a')], [text('b')]],
        rows: [[[text('1')], [{ kind: 'code', text: 'x' }, text(' | y')]]],
      },
      { kind: 'quote', blocks: [{ kind: 'paragraph', text: [text('said\ntwice')] }] },
    ])
  })

  it('reads emphasis, links and breaks', () => {
    expect(readInline('**a *b*** _c_ ~~d~~ [e](https://x.org "t") <https://y.org> \\*f\\* snake_case_name')).toEqual([
      { kind: 'strong', parts: [text('a '), { kind: 'em', parts: [text('b')] }] },
      text(' '),
      { kind: 'em', parts: [text('c')] },
      text(' '),
      { kind: 'deleted', parts: [text('d')] },
      text(' '),
      { kind: 'link', to: 'https://x.org', parts: [text('e')] },
      text(' '),
      { kind: 'link', to: 'https://y.org', parts: [text('https://y.org')] },
      text(' '),
      text('*'),
      text('f'),
      text('*'),
      text(' snake_case_name'),
    ])
    expect(readMarkdown('a  \nb\\\nc')).toEqual([
      { kind: 'paragraph', text: [text('a'), { kind: 'break' }, text('b'), { kind: 'break' }, text('c')] },
    ])
  })

  it('leads to the web only, and leaves HTML as it is written', () => {
    const unsafe = '[x](javascript:alert(1)) [y](data:text/html,z) <img src=x onerror=alert(1)>'
    expect(JSON.stringify(readMarkdown(unsafe))).not.toContain('"link"')
    expect(readMarkdown('<b>x</b>')).toEqual([{ kind: 'paragraph', text: [text('<b>x</b>')] }])
  })

  it('ends for texts that were made to be slow, however deep', () => {
    for (const unit of ['> ', '- ', '**a ', '`', '[', '| - ', ' ', '#'])
      expect(readMarkdown(`${unit.repeat(20_000)}x`).length).toBeGreaterThan(0)
    expect(readMarkdown('- a\n'.repeat(5000))).toHaveLength(1)
  })
})
