import type { ModelSignature } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { SentImage } from '../sent-image.js'
import { formFeatures } from './form-features.js'
import { parseMultipart } from './parse-multipart.js'

const signatureOf = (...names: readonly string[]): ModelSignature => ({
  task: 'classification',
  features: [
    ...names.map((name) => ({ name, type: 'image' as const })),
    { name: 'weight', type: 'number', nullable: true },
  ],
  target: { name: 'kind', classes: ['a', 'b'] },
  example: {},
})

/** A form with one part as it came. */
function formOf(headers: string, content: string) {
  const body = `--b\r\n${headers}\r\n\r\n${content}\r\n--b--\r\n`
  return parseMultipart(Buffer.from(body, 'latin1'), 'multipart/form-data; boundary=b')
}

const disposition = (name: string) => `Content-Disposition: form-data; name="${name}"`

test.each([
  ['without a type, as requests sends it', ''],
  ['of a text, as it says', '\r\nContent-Type: text/plain'],
  ['of another type, as it says', '\r\nContent-Type: application/x-photo'],
])('a file %s is an image', (_, type) => {
  const form = formOf(`${disposition('photo')}; filename="cat.bin"${type}`, '\xff\xd8\xff')
  expect(formFeatures(form, signatureOf('photo'))).toEqual({
    features: { photo: new SentImage(Buffer.from('\xff\xd8\xff', 'latin1')) },
  })
})

test('a text is none', () => {
  expect(() => formFeatures(formOf(disposition('photo'), 'cat.jpg'), signatureOf('photo'))).toThrow(
    expect.objectContaining({ code: 'image_wrong' }),
  )
})

test('an image may be called features, and is sent as a file or as JSON', () => {
  const signature = signatureOf('features')
  const file = formOf(`${disposition('features')}; filename="cat.jpg"\r\nContent-Type: image/jpeg`, '\xff\xd8\xff')
  expect(formFeatures(file, signature)).toEqual({ features: { features: expect.any(SentImage) } })
  const rows = formOf(disposition('features'), '[[{"b64": ""}, 1]]')
  expect(formFeatures(rows, signature)).toEqual({ features: [[{ b64: '' }, 1]] })
})
