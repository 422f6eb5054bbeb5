import { MonitorDefinition } from '@fabrique/contract'
import { expect, it } from 'vitest'
import { embeddingsText, readEmbeddings } from './embedding-lines.js'

const embeddings = { text: 'v*', picture: ['p0', 'p1'], list: 'vec' }

it('a line is an embedding, and the same lines are the same embeddings', () => {
  const text = embeddingsText({ embeddings })
  expect(text).toBe('text = v*\npicture = p0, p1\nlist = vec')
  expect(readEmbeddings(`\n${text}  \n`, undefined)).toEqual(embeddings)
  expect(readEmbeddings('', undefined)).toEqual({})
})

it('what is no line, and a name that comes twice, is a problem', () => {
  for (const wrong of ['v*', '= v*', 'text =', 'text = a,,b', 'a = v*\na = w*'])
    expect(readEmbeddings(wrong, undefined), wrong).toBeUndefined()
})

it('columns whose names hold commas stay as they are where nobody touched them', () => {
  const before = MonitorDefinition.parse({
    name: 'one',
    reference: { kind: 'snapshot', snapshot: 's' },
    current: { kind: 'snapshot', dataset: 'd' },
    embeddings: { text: ['a,b', 'c'] },
  })
  expect(readEmbeddings(embeddingsText(before), before)).toEqual({ text: ['a,b', 'c'] })
  // Nor are those of other lines taken apart.
  expect(readEmbeddings(`${embeddingsText(before)}\nlist = vec, tor`, before)).toEqual({
    text: ['a,b', 'c'],
    list: ['vec', 'tor'],
  })
  const one = { ...before, embeddings: { x: ['vec'], y: 'v*' } }
  expect(readEmbeddings('x = vec\ny = w*', one)).toEqual({ x: ['vec'], y: 'w*' })
  expect(readEmbeddings('x = vec\nx = vec', one)).toBeUndefined()
})
