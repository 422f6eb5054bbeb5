import type { ModelSignature, Prediction } from '@fabrique/contract'
import type { Format } from '../../i18n/format.js'

/** The class, or the number with its unit in the seven digits that a model computes with. */
export function predictionText(
  { prediction }: Pick<Prediction, 'prediction'>,
  { unit }: ModelSignature['target'],
  f: Format,
): string {
  if (typeof prediction === 'string') return prediction
  const number = f.exact(Number(prediction.toPrecision(7)))
  return unit === undefined ? number : `${number}\u00a0${unit}`
}
