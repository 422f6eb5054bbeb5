import type { ClassLabels } from '../data/class-labels.js'
import type { DesignMatrix } from '../data/design-matrix.js'
import { checkClassTarget, checkFeatures } from '../estimators/check-input.js'

/**
 * Refuses a set that no forest can be trained on.
 * @throws MlError `empty_set`, `length_mismatch`, `invalid_label`, `single_class`, `too_many_classes` or `non_finite_value`
 */
export function checkTrainingSet(matrix: DesignMatrix, labels: ClassLabels): void {
  checkFeatures(matrix, {
    sparse: false,
    missing: false,
    categories: false,
    sampleWeights: false,
    wantsScaling: false,
    nonNegative: false,
  })
  checkClassTarget(matrix, { kind: 'classes', labels })
}
