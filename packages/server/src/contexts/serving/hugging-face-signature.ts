import type { ImageSpec, ModelSignature } from '@fabrique/contract'
import { z } from 'zod'
import { exampleImage } from './example-image.js'
import type { ModelFiles } from './model-source.js'
import type { ModelRuntime } from './runtime/model-runtime.js'
import type { TensorSpec } from './runtime/tensor.js'

/** How an image processor of Hugging Face is kept beside its model, as far as it is known here. */
const Preprocessor = z.looseObject({
  do_resize: z.boolean().default(true),
  size: z.union([z.number(), z.looseObject({}).pipe(z.record(z.string(), z.number().nullable()))]).nullish(),
  resample: z.number().nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: z.union([z.number(), z.record(z.string(), z.number())]).nullish(),
  crop_pct: z.number().nullish(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: z.array(z.number()).nullish(),
  image_std: z.array(z.number()).nullish(),
  do_pad: z.boolean().nullish(),
  image_processor_type: z.string().nullish(),
  feature_extractor_type: z.string().nullish(),
  include_top: z.boolean().nullish(),
  rescale_offset: z.boolean().nullish(),
  do_flip_channel_order: z.boolean().nullish(),
  do_flip_channels: z.boolean().nullish(),
  do_convert_grayscale: z.boolean().nullish(),
  do_color_quantize: z.boolean().nullish(),
})
type Preprocessor = z.output<typeof Preprocessor>

/** Steps that are not taken here: what such a processor gives is not made. */
const otherSteps = [
  'do_pad',
  'include_top',
  'rescale_offset',
  'do_flip_channel_order',
  'do_flip_channels',
  'do_convert_grayscale',
  'do_color_quantize',
] as const

/** Processors that take such a step where their file does not say that they do not. */
const stepsOfTypes: Readonly<Record<string, (typeof otherSteps)[number]>> = {
  MobileViT: 'do_flip_channel_order',
  EfficientNet: 'include_top',
  ImageGPT: 'do_color_quantize',
}

function takesOtherSteps(given: Preprocessor): boolean {
  const type = given.image_processor_type ?? given.feature_extractor_type
  const own = stepsOfTypes[type?.replace(/(?:ImageProcessor|FeatureExtractor)(?:Fast)?$/, '') ?? '']
  return otherSteps.some((step) => given[step] ?? step === own)
}

const Config = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  problem_type: z.string().nullish(),
  id2label: z.record(z.string().regex(/^\d+$/), z.string()),
})

/** Longer files describe no model. */
const bytesMax = 4 * 1024 * 1024

/**
 * The signature of a classifier of images that was exported from Hugging Face, with `preprocessor_config.json` and `config.json` beside its ONNX
 * file. Undefined where they are not there, or say what is not done here: such a model is asked by tensors.
 */
export async function huggingFaceSignature(
  { paths, read }: ModelFiles,
  runtime: Pick<ModelRuntime, 'inputs' | 'outputs'>,
): Promise<ModelSignature | undefined> {
  if (!paths.includes('preprocessor_config.json') || !paths.includes('config.json')) return undefined
  const preprocessor = Preprocessor.safeParse(await readJson(read, 'preprocessor_config.json'))
  const config = Config.safeParse(await readJson(read, 'config.json'))
  const [input, ...inputs] = runtime.inputs
  const [output, ...outputs] = runtime.outputs
  const isOne = inputs.length === 0 && outputs.length === 0 && input?.shape.length === 4
  if (!isOne || output === undefined || !preprocessor.success || !config.success) return undefined
  const { architectures, problem_type: problem, id2label } = config.data
  const classes = Object.keys(id2label).map((_, id) => id2label[String(id)])
  const isClassifier = architectures?.some((name) => name.endsWith('ForImageClassification')) ?? true
  // Names that stand twice, as ImageNet has them, tell no class from another.
  const known = classes.flatMap((name, id) => {
    if (name === undefined) return []
    return classes.indexOf(name) === classes.lastIndexOf(name) ? name : `${name} (${id})`
  })
  const isTold = known.length === classes.length && known.length > 1 && new Set(known).size === known.length
  const image = imageOf(preprocessor.data, input)
  if (!isClassifier || !isTold || image === undefined) return undefined
  if (problem === 'regression' || problem === 'multi_label_classification') return undefined
  return {
    task: 'classification',
    features: [{ name: input.name, type: 'image', image }],
    target: { name: output.name, classes: known, output: 'logits' },
    example: { [input.name]: exampleImage() },
  }
}

async function readJson(read: ModelFiles['read'], path: string): Promise<unknown> {
  const content = await read(path)
  if (content.length > bytesMax) return undefined
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'))
  } catch {
    return undefined
  }
}

/** Numbers of the filters of Pillow. */
const filters: Readonly<Record<number, NonNullable<ImageSpec['resample']>>> = {
  0: 'nearest',
  1: 'lanczos',
  2: 'bilinear',
  3: 'bicubic',
}

function imageOf(given: Preprocessor, { shape }: TensorSpec): ImageSpec | undefined {
  const { do_normalize: normalises, image_mean: mean, image_std: std } = given
  // What a file leaves out is as its class has it: each another filter, another mean.
  const filter = filters[given.resample ?? -1]
  const size = sizeOf(given)
  if (takesOtherSteps(given) || filter === undefined || size === undefined) return undefined
  if (normalises && (mean == null || std == null)) return undefined
  return {
    channels: shape[1] === 1 || mean?.length === 1 ? 'grey' : 'rgb',
    layout: 'channels_first',
    ...size,
    resample: filter,
    scale: given.do_rescale ? given.rescale_factor : 1,
    ...(normalises && mean != null ? { mean } : {}),
    ...(normalises && std != null ? { std } : {}),
  }
}

/** What it is drawn to, and what of it is taken. */
function sizeOf(given: Preprocessor): Pick<ImageSpec, 'width' | 'height' | 'fit' | 'shortest_edge'> | undefined {
  if (!given.do_resize) return undefined
  const to = sidesOf(given.size)
  const crop = given.do_center_crop === true ? sidesOf(given.crop_size ?? given.size) : undefined
  if (given.crop_pct != null) {
    // Beside a share a plain number is a shortest edge.
    const edge = typeof given.size === 'number' ? given.size : to?.kind === 'edge' ? to.edge : undefined
    if (edge === undefined) return undefined
    // ConvNeXT draws small images larger and takes their middle; large ones it stretches.
    if (edge >= 384) return { width: edge, height: edge }
    return { width: edge, height: edge, fit: 'crop', shortest_edge: Math.floor(edge / given.crop_pct) }
  }
  if (crop?.kind === 'sides' && to?.kind === 'edge') {
    return { width: crop.width, height: crop.height, fit: 'crop', shortest_edge: to.edge }
  }
  if (to?.kind !== 'sides' || given.do_center_crop === true) return undefined
  return { width: to.width, height: to.height }
}

type Sides =
  | { readonly kind: 'sides'; readonly width: number; readonly height: number }
  | { readonly kind: 'edge'; readonly edge: number }

function sidesOf(size: Preprocessor['size'] | Preprocessor['crop_size']): Sides | undefined {
  if (size === null || size === undefined) return undefined
  if (typeof size === 'number') return { kind: 'sides', width: size, height: size }
  const { width, height, shortest_edge: edge, ...others } = size
  // A longest edge, or any other bound, is not drawn to here.
  if (Object.values(others).some((value) => value !== null)) return undefined
  if (width != null && height != null) return { kind: 'sides', width, height }
  return edge == null ? undefined : { kind: 'edge', edge }
}
