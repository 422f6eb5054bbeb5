import type { ImageSpec } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { huggingFaceSignature } from './hugging-face-signature.js'
import type { ModelFiles } from './model-source.js'
import type { TensorSpec } from './runtime/tensor.js'

const vit = {
  do_resize: true,
  size: { height: 224, width: 224 },
  resample: 2,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: [0.5, 0.5, 0.5],
  image_std: [0.5, 0.5, 0.5],
}
const config = { architectures: ['ViTForImageClassification'], id2label: { 0: 'cat', 1: 'crane', 2: 'crane' } }

const inputs: readonly TensorSpec[] = [{ name: 'pixel_values', datatype: 'FP32', shape: [-1, -1, -1, -1] }]
const outputs: readonly TensorSpec[] = [{ name: 'logits', datatype: 'FP32', shape: [-1, 3] }]

function signatureOf(preprocessor: unknown, told: unknown = config) {
  const texts = new Map([
    ['preprocessor_config.json', preprocessor],
    ['config.json', told],
  ])
  const files: ModelFiles = {
    paths: ['model.onnx', ...[...texts].flatMap(([path, content]) => (content === undefined ? [] : [path]))],
    read: async (path) => {
      const content = texts.get(path)
      return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
    },
    checkOut: async () => ({ folder: '', release: async () => {} }),
  }
  return huggingFaceSignature(files, { inputs, outputs })
}

test('a classifier of Hugging Face is asked by images, and answers with its labels', async () => {
  expect(await signatureOf(vit)).toMatchObject({
    task: 'classification',
    features: [
      {
        name: 'pixel_values',
        type: 'image',
        image: {
          channels: 'rgb',
          layout: 'channels_first',
          width: 224,
          height: 224,
          resample: 'bilinear',
          scale: 1 / 255,
          mean: [0.5, 0.5, 0.5],
          std: [0.5, 0.5, 0.5],
        },
      },
    ],
    target: { name: 'logits', classes: ['cat', 'crane (1)', 'crane (2)'], output: 'logits' },
    example: { pixel_values: { b64: expect.any(String) } },
  })
})

const cropped = { ...vit, size: { shortest_edge: 256 }, do_center_crop: true, crop_size: { height: 224, width: 224 } }

test.each([
  ['the middle of what is drawn', cropped, { width: 224, height: 224, fit: 'crop', shortest_edge: 256 }],
  [
    'the middle by a share',
    { ...vit, size: { shortest_edge: 224 }, crop_pct: 0.875 },
    { fit: 'crop', shortest_edge: 256 },
  ],
  [
    'the middle by a share of a plain number',
    { ...vit, size: 224, crop_pct: 0.875 },
    { fit: 'crop', shortest_edge: 256 },
  ],
  ['all of a large image by a plain number', { ...vit, size: 384, crop_pct: 0.875 }, { width: 384, height: 384 }],
  [
    'what is not flipped, as it says',
    { ...vit, image_processor_type: 'MobileViTImageProcessor', do_flip_channel_order: false },
    { width: 224 },
  ],
  ['a square', { ...vit, size: 96 }, { width: 96, height: 96 }],
  ['cubic', { ...vit, resample: 3 }, { resample: 'bicubic' }],
  ['not scaled', { ...vit, do_rescale: false }, { scale: 1 }],
] as const)('it takes %s', async (_, preprocessor, expected) => {
  const image: ImageSpec | undefined = (await signatureOf(preprocessor))?.features[0]?.image
  expect(image).toMatchObject(expected)
})

test('it takes them as they are, where they are not normalised', async () => {
  const image = (await signatureOf({ ...vit, do_normalize: false }))?.features[0]?.image
  expect(image).not.toHaveProperty('mean')
})

test.each([
  ['no image processor', undefined, config],
  ['no labels', vit, { architectures: ['ViTForImageClassification'] }],
  ['an object detector', vit, { ...config, architectures: ['DetrForObjectDetection'] }],
  ['several labels at once', vit, { ...config, problem_type: 'multi_label_classification' }],
  ['labels with gaps', vit, { ...config, id2label: { 0: 'a', 2: 'b' } }],
  ['what is filled up', { ...vit, do_pad: true }, config],
  ['a top that is normalised again', { ...vit, include_top: true }, config],
  ['values around 0', { ...vit, rescale_offset: true }, config],
  ['flipped channels', { ...vit, do_flip_channel_order: true }, config],
  ['flipped channels of the older name', { ...vit, do_flip_channels: true }, config],
  ['what is made grey', { ...vit, do_convert_grayscale: true }, config],
  ['what becomes colours of a palette', { ...vit, do_color_quantize: true }, config],
  ['MobileViT, which flips channels', { ...vit, image_processor_type: 'MobileViTImageProcessorFast' }, config],
  ['the older MobileViT', { ...vit, feature_extractor_type: 'MobileViTFeatureExtractor' }, config],
  ['EfficientNet, which normalises again', { ...vit, image_processor_type: 'EfficientNetImageProcessor' }, config],
  ['a share of two sides', { ...vit, crop_pct: 0.9 }, config],
  ['a longest edge', { ...vit, size: { shortest_edge: 800, longest_edge: 1333 } }, config],
  ['a mean that its class has', { ...vit, image_mean: undefined }, config],
  ['a deviation that its class has', { ...vit, image_std: null }, config],
  ['a filter that its class has', { ...vit, resample: undefined }, config],
  ['a filter that is not here', { ...vit, resample: 5 }, config],
  ['what is no JSON', '{', config],
])('nothing is said of %s', async (_, preprocessor, told) => {
  expect(await signatureOf(preprocessor, told)).toBeUndefined()
})
