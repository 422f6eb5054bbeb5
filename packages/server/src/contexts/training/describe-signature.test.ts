import type { Snapshot } from '@fabrique/contract'
import { expect, test } from 'vitest'
import { describeSignature } from './describe-signature.js'
import type { ModelInput, TrainingResult } from './training-messages.js'

const column = (name: string, type: Snapshot['columns'][number]['type'], unit?: string) => ({
  name,
  type,
  nullable: true,
  declared: true,
  ...(unit === undefined ? {} : { unit }),
})
const snapshot = {
  columns: [
    column('size', 'number', 'm²'),
    column('member', 'boolean'),
    column('since', 'timestamp'),
    column('town', 'category'),
    column('price', 'number', '€'),
  ],
}
const inputs: ModelInput[] = [
  { name: 'member', column: 'number', min: 0, max: 1, nullable: false, example: 0 },
  { name: 'since', column: 'time', min: 0, max: 1000, nullable: true, example: 500 },
  { name: 'town', column: 'text', values: ['Lyon', 'Nice'], nullable: true, takesUnseen: true, example: 'Nice' },
  { name: 'size', column: 'number', min: 1, max: 2, nullable: true, example: 1.5 },
]

const describe = (result: Pick<TrainingResult, 'task' | 'classes'>) =>
  describeSignature({ ...result, inputs }, snapshot, {
    target: 'price',
    features: ['size', 'member', 'since', 'town'],
  })

test('a signature has types and units of the snapshot, gaps as the pipeline takes them, and an example for people', () => {
  expect(describe({ task: 'regression', classes: [] })).toEqual({
    task: 'regression',
    features: [
      { name: 'size', type: 'number', unit: 'm²', min: 1, max: 2, nullable: true },
      { name: 'member', type: 'boolean' },
      { name: 'since', type: 'timestamp', min: 0, max: 1000, nullable: true },
      { name: 'town', type: 'category', values: ['Lyon', 'Nice'], nullable: true, takes_unseen: true },
    ],
    target: { name: 'price', classes: [], unit: '€' },
    example: { size: 1.5, member: false, since: '1970-01-01T00:00:00.500Z', town: 'Nice' },
  })
})

test('classes have no unit', () => {
  expect(describe({ task: 'classification', classes: ['0', '1'] }).target).toEqual({
    name: 'price',
    classes: ['0', '1'],
  })
})
