import type { ImageSpec } from '@fabrique/contract'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { TensorSpec } from '../runtime/tensor.js'
import { imageLayout, type RefuseImage } from './image-layout.js'
import { imageTensor } from './image-tensor.js'

const refuse: RefuseImage = ({ en }, row) => new Error(row === undefined ? en : `${row}: ${en}`)
const take = (spec: TensorSpec, files: readonly Uint8Array[], declared: ImageSpec = {}) =>
  imageTensor(files, { spec, layout: imageLayout(spec, declared, refuse), refuse })

const input = (shape: readonly number[], datatype: TensorSpec['datatype'] = 'UINT8'): TensorSpec => ({
  name: 'x',
  datatype,
  shape,
})
const planes = (size: number) => input([-1, 3, size, size])
const own = input([-1, -1, -1, 3])

/** Files of black images. */
async function black(count: number, size: number) {
  const file = await sharp({ create: { width: size, height: size, channels: 3, background: '#000' } })
    .png({ palette: true })
    .toBuffer()
  return Array.from({ length: count }, () => file)
}

/** Red, green and blue, then black, grey and white. */
const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 128, 128, 128, 255, 255, 255)
const image = () => sharp(colours, { raw: { width: 3, height: 2, channels: 3 } })
const png = () => image().png().toBuffer()

describe('an image is', () => {
  test('red, green and blue, or the reverse', async () => {
    expect(await take(own, [await png()])).toMatchObject({ shape: [1, 2, 3, 3], data: colours })
    const reversed = await take(own, [await png()], { channels: 'bgr' })
    expect([...(reversed.data as Uint8Array)].slice(0, 6)).toEqual([0, 0, 255, 0, 255, 0])
  })

  test('normalised by channel', async () => {
    const spec = input([-1, 3, 2, 3], 'FP64')
    const { data } = await take(spec, [await png()], { mean: [0.5, 0, 0], std: [0.5, 1, 2] })
    expect([...(data as Float64Array)].slice(0, 3)).toEqual([1, -1, -1])
    expect([...(data as Float64Array)].slice(12, 18)).toEqual([0, 0, 0.5, 0, 128 / 255 / 2, 0.5])
  })

  test('cropped to its middle', async () => {
    const wide = sharp(Uint8Array.of(9, 9, 9, 1, 2, 3, 4, 5, 6, 8, 8, 8), { raw: { width: 4, height: 1, channels: 3 } })
    const spec = input([-1, 1, 2, 3])
    const { data } = await take(spec, [await wide.png().toBuffer()], { fit: 'crop', layout: 'channels_last' })
    expect([...(data as Uint8Array)]).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('turned upright as its file says', async () => {
    const turned = await image().withMetadata({ orientation: 6 }).png().toBuffer()
    const { shape, data } = await take(own, [turned])
    expect(shape).toEqual([1, 3, 2, 3])
    expect([...(data as Uint8Array)].slice(0, 6)).toEqual([0, 0, 0, 255, 0, 0])
  })

  test('without what is transparent of it, which keeps its colour', async () => {
    const file = await sharp(Uint8Array.of(10, 20, 30, 0, 40, 50, 60, 128), {
      raw: { width: 2, height: 1, channels: 4 },
    })
      .png()
      .toBuffer()
    expect((await take(own, [file])).data).toEqual(Uint8Array.of(10, 20, 30, 40, 50, 60))
  })

  test('of 8 bits, where its file has 16', async () => {
    const deep = Uint16Array.of(65535, 0, 257 * 7, 257 * 128, 257, 65535)
    const raw = { width: 2, height: 1, channels: 3 } as const
    const file = await sharp(deep, { raw }).toColourspace('rgb16').png().toBuffer()
    expect((await sharp(file).metadata()).depth).toBe('ushort')
    expect((await take(own, [file])).data).toEqual(Uint8Array.of(255, 0, 7, 128, 1, 255))
  })

  test('of 8 bits and without transparency, where its file has 16 and is grey', async () => {
    const raw = { width: 2, height: 1, channels: 2 } as const
    const file = await sharp(Uint16Array.of(257 * 9, 65535, 257 * 200, 0), { raw })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    const { data } = await take(input([-1, -1, -1, 1]), [file])
    expect([...(data as Uint8Array)]).toEqual([9, 200])
    expect([...((await take(own, [file])).data as Uint8Array)]).toEqual([9, 9, 9, 200, 200, 200])
  })

  test('in colours of a screen, where its file has those of a printer', async () => {
    const raw = { width: 16, height: 16, channels: 3 } as const
    const red = await sharp(
      new Uint8Array(768).map((_, at) => (at % 3 === 0 ? 220 : 20)),
      { raw },
    )
      .toColourspace('cmyk')
      .jpeg({ quality: 95 })
      .toBuffer()
    expect((await sharp(red).metadata()).space).toBe('cmyk')
    const { shape, data } = await take(own, [red])
    expect(shape).toEqual([1, 16, 16, 3])
    const [first = 0, second = 0, third = 0] = data as Uint8Array
    expect(first).toBeGreaterThan(150)
    expect(Math.max(second, third)).toBeLessThan(90)
  })

  test.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('read out of %s', async (format) => {
    const file = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#1a5fc9' } })
      .toFormat(format)
      .toBuffer()
    const [red = 0, green = 0, blue = 0] = (await take(own, [file])).data as Uint8Array
    for (const [found, drawn] of [
      [red, 0x1a],
      [green, 0x5f],
      [blue, 0xc9],
    ] as const)
      expect(Math.abs(found - drawn)).toBeLessThanOrEqual(4)
  })
})

describe('refused is', () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')
  const frames = async (format: 'gif' | 'webp') => {
    const raw = { width: 1, height: 2, channels: 3, pageHeight: 1 } as const
    return sharp(Uint8Array.of(255, 0, 0, 0, 0, 255), { raw })
      .toFormat(format, { loop: 0, delay: [100, 100] })
      .toBuffer()
  }
  test.each([
    ['nothing', async () => Buffer.alloc(0), '0: its file is empty'],
    ['what is no image', async () => Buffer.from('a text, and no image at all'), '0: its file is none of JPEG'],
    ['a drawing, which is a program of a kind', async () => svg, '0: its file is none of JPEG'],
    [
      'a drawing that has the letters of WebP in their place',
      async () => Buffer.concat([Buffer.from('<svg a="WEBP" '), svg.subarray(5)]),
      '0: its file is none of JPEG',
    ],
    [
      'a drawing that has the letters of AVIF in their place',
      async () => Buffer.concat([Buffer.from('<!--ftypavi-->'), svg]),
      '0: its file is none of JPEG',
    ],
    [
      'a drawing within the first bytes of WebP',
      async () => Buffer.concat([Buffer.from('RIFF<svgWEBPVP8 '), svg]),
      '0: it',
    ],
    ['an animation', () => frames('gif'), '0: it has 2 images'],
    ['an animation in WebP', () => frames('webp'), '0: it has 2 images'],
    [
      'a file that is cut off',
      async () => (await black(1, 500))[0]?.subarray(0, 100) ?? Buffer.alloc(0),
      '0: it cannot be read',
    ],
    ['a header alone', async () => (await png()).subarray(0, 20), '0: it cannot be read'],
  ] as const)('%s', async (_, make, reason) => {
    await expect(take(planes(2), [await make()])).rejects.toThrow(reason)
  })

  test('more than is taken at once', async () => {
    await expect(take(input([1, 3, 2, 2]), await black(2, 2))).rejects.toThrow('it takes 1 at once, and 2 are given')
  })

  test('images of several sizes, where they keep their own', async () => {
    const files = [...(await black(1, 2)), ...(await black(1, 3))]
    await expect(take(own, files)).rejects.toThrow('not of one size')
  })
})

test('images are bounded by the pixels of all together', async () => {
  expect((await take(planes(2), await black(2, 1000))).shape).toEqual([2, 3, 2, 2])
  await expect(take(planes(2), await black(6, 3000))).rejects.toThrow('54000000 pixels')
})

test('small images that are drawn large are bounded by the values that they become', async () => {
  await expect(take(planes(4000), await black(2, 1))).rejects.toThrow('96000000 values')
})

test('a thin image is bounded by what it is drawn to before it is cropped', async () => {
  const thin = await sharp({ create: { width: 16_000, height: 1, channels: 3, background: '#000' } })
    .png()
    .toBuffer()
  await expect(take(planes(224), [thin], { fit: 'crop' })).rejects.toThrow('pixels, more than')
})

test('no more requests are unpacked at once than may be, and each has its turn', async () => {
  const files = await black(1, 50)
  const tensors = await Promise.all(Array.from({ length: 20 }, () => take(planes(2), files)))
  expect(tensors.map(({ shape }) => shape)).toEqual(Array(20).fill([1, 3, 2, 2]))
})
