/** Every reason for which this package refuses to work; stable, so that a server can map each to its own error. */
export const mlErrorCodes = [
  'all_missing',
  'calibration_needs_classifier',
  'class_too_small',
  'duplicate_name',
  'empty_set',
  'invalid_file',
  'invalid_label',
  'invalid_name',
  'invalid_parameter',
  'invalid_pipeline',
  'invalid_probability',
  'invalid_seed',
  'invalid_share',
  'invalid_space',
  'invalid_target',
  'invalid_weight',
  'length_mismatch',
  'memory_limit',
  'missing_feature',
  'model_too_large',
  'negative_value',
  'non_finite_value',
  'not_converging',
  'reserved_name',
  'search_failed',
  'single_class',
  'sparse_unsupported',
  'split_too_small',
  'threshold_needs_probabilities',
  'threshold_needs_two_classes',
  'too_many_categories',
  'too_many_classes',
  'training_aborted',
  'unknown_parameter',
  'weights_unsupported',
  'worker_failed',
  'wrong_column_kind',
] as const

export type MlErrorCode = (typeof mlErrorCodes)[number]

/** An expected failure: `code` is stable, `value` is what was refused (absent when there is no single one). */
export class MlError extends Error {
  override readonly name = 'MlError'
  readonly code: MlErrorCode
  readonly value: unknown

  constructor(
    code: MlErrorCode,
    message: string,
    details: { readonly value?: unknown; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.value = details.value
  }
}
