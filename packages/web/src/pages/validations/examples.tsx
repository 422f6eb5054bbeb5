import type { Json } from '@fabrique/contract'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { showSample } from '../datasets/show-value.js'

/** A few of the values that were not expected. */
export function Examples({ values }: { readonly values: readonly Json[] | undefined }) {
  const { t, f } = useI18n()
  const shown = showSample(values, f)
  return shown === '' ? null : <p className="check-sample">{t.datasets.sampleValues(shown)}</p>
}
