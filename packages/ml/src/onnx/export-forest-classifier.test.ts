import { describe, expect, test } from 'vitest'
import { exportForest, fitForest } from '../../test/fit-forest.js'
import { classLabels } from '../data/class-labels.js'
import { designMatrix, numericColumn } from '../data/design-matrix.js'

const model = await fitForest({
  matrix: designMatrix([numericColumn('a', [1, 2, 3, 4]), numericColumn('b', [1, 1, 2, 2])]),
  labels: classLabels(Int32Array.of(0, 0, 1, 1), ['no', 'yes']),
  parameters: { nEstimators: 5 },
})

describe('the file of a forest', () => {
  test('the same model and options give the same bytes, whatever the order of the metadata', () => {
    const bytes = exportForest(model, { metadata: { run: '1', by: 'me' } })
    expect(exportForest(model, { metadata: { by: 'me', run: '1' } })).toEqual(bytes)
    expect(exportForest(model, { metadata: { by: 'me', run: '2' } })).not.toEqual(bytes)
  })

  test.each([
    { options: { featureNames: ['a'] }, error: { code: 'length_mismatch', value: 1 } },
    { options: { classes: ['a', 'b', 'c'] }, error: { code: 'length_mismatch', value: 3 } },
    { options: { featureNames: ['a', 'a'] }, error: { code: 'duplicate_name', value: 'a' } },
    { options: { featureNames: ['a', ''] }, error: { code: 'invalid_name', value: '' } },
    { options: { classes: ['', 'yes'] }, error: { code: 'invalid_name', value: '' } },
    { options: { classes: ['yes', 'yes'] }, error: { code: 'duplicate_name', value: 'yes' } },
    { options: { featureNames: ['label', 'b'] }, error: { code: 'reserved_name', value: 'label' } },
    { options: { featureNames: ['a', 'probability_no'] }, error: { code: 'reserved_name', value: 'probability_no' } },
    { options: { metadata: { 'fabrique.task': 'x' } }, error: { code: 'reserved_name', value: 'fabrique.task' } },
  ])('$options is refused', ({ options, error }) => {
    expect(() => exportForest(model, options)).toThrowError(expect.objectContaining(error))
  })
})
