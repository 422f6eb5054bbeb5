import type { FeatureSpec, ImageSpec, ModelSignature } from '@fabrique/contract'
import { imageLayout } from './form/image-layout.js'
import type { TensorSpec } from './runtime/tensor.js'

/**
 * A signature whose images say what the model takes, also where that stands in its file only: forms and documents show it. Throws a plain error
 * where the input takes no such image.
 */
export function withImageSizes(signature: ModelSignature, inputs: readonly TensorSpec[]): ModelSignature {
  if (!signature.features.some(({ type }) => type === 'image')) return signature
  return { ...signature, features: signature.features.map((feature) => sized(feature, inputs)) }
}

function sized(feature: FeatureSpec, inputs: readonly TensorSpec[]): FeatureSpec {
  const { name, type, image: declared = {} } = feature
  const spec = inputs.find((input) => input.name === name)
  // An input that is missing is told of where rows are made of it.
  if (type !== 'image' || spec === undefined) return feature
  const { channels, channelsFirst, isReversed, width, height } = imageLayout(spec, declared, ({ en }) => {
    return new Error(`The signature says that ${name} is an image: ${en}`)
  })
  const image: ImageSpec = {
    ...declared,
    channels: channels === 1 ? 'grey' : isReversed ? 'bgr' : 'rgb',
    layout: channelsFirst ? 'channels_first' : 'channels_last',
  }
  if (width !== undefined) image.width = width
  if (height !== undefined) image.height = height
  return { ...feature, image }
}
