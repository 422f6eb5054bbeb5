import sharp from 'sharp'
import { expect, test } from 'vitest'
import type { TensorSpec } from '../runtime/tensor.js'
import { imageTensor } from './image-tensor.js'

/** Small files of black pictures. */
async function pictures(count: number, size: number) {
  const content = await sharp({ create: { width: size, height: size, channels: 3, background: '#000' } })
    .png({ palette: true })
    .toBuffer()
  return Array.from({ length: count }, () => ({ name: 'x', filename: undefined, type: 'image/png', content }))
}

const planes = (size: number): TensorSpec => ({ name: 'x', datatype: 'UINT8', shape: [-1, 3, size, size] })

test('pictures are bounded by the pixels of all together', async () => {
  const tensor = await imageTensor(planes(2), await pictures(2, 1000))
  expect(tensor.shape).toEqual([2, 3, 2, 2])
  await expect(imageTensor(planes(2), await pictures(6, 3000))).rejects.toMatchObject({
    code: 'tensor_wrong',
    params: { reason: expect.stringContaining('54000000 pixels') },
  })
})

test('small pictures that are drawn large are bounded by the values that they become', async () => {
  await expect(imageTensor(planes(4000), await pictures(2, 1))).rejects.toMatchObject({
    code: 'tensor_wrong',
    params: { reason: expect.stringContaining('96000000 values') },
  })
})
