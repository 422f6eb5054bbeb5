import { expect, test } from 'vitest'
import { colourFile, colourMetadata } from '../../../test/support/onnx-file.js'
import { realClock } from '../../../test/support/test-clock.js'
import { onnxOpener } from './onnx-opener.js'

const config = { architectures: ['ViTForImageClassification'], id2label: { 0: 'red', 1: 'green', 2: 'blue' } }
const processor = { resample: 2, do_normalize: false }

/** Opens a model with an image processor of Hugging Face beside it; what it says. */
async function signatureOf({
  content = colourFile(),
  size = 8,
  labels = config.id2label as object,
}: {
  readonly content?: Uint8Array
  readonly size?: number
  readonly labels?: object
}) {
  const files = new Map<string, Uint8Array>([
    ['model.onnx', content],
    ['preprocessor_config.json', Buffer.from(JSON.stringify({ ...processor, size: { height: size, width: size } }))],
    ['config.json', Buffer.from(JSON.stringify({ ...config, id2label: labels }))],
  ])
  const source = {
    model: 'colours',
    version: '1',
    signature: undefined,
    description: undefined,
    files: {
      paths: [...files.keys()],
      read: async (path: string) => files.get(path) ?? new Uint8Array(),
      checkOut: async () => ({ folder: '', release: async () => {} }),
    },
  }
  const { runtime, signature } = await onnxOpener({ clock: realClock, threads: 1 }).open(source, { executed: () => {} })
  await runtime.release()
  return signature
}

test('a model takes images as the files beside it say', async () => {
  expect((await signatureOf({}))?.features).toMatchObject([{ name: 'image', type: 'image', image: { width: 8 } }])
})

test.each([
  ['images of another size', { size: 224 }],
  ['other classes', { labels: { 0: 'a', 1: 'b' } }],
])('a model is asked by tensors where the files beside it are of %s', async (_, given) => {
  expect(await signatureOf(given)).toBeUndefined()
})

test('a model that says itself what it does not take is not opened', async () => {
  const content = colourFile({ metadata: colourMetadata({ width: 9 }) })
  await expect(signatureOf({ content })).rejects.toThrow('declared with 9 pixels where the input has 8')
})
