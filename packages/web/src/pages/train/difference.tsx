import { useI18n } from '../../i18n/use-i18n.jsx'
import { isLowerBetter } from './metrics.js'
import { useTrainTexts } from './train-texts.js'

interface DifferenceProps {
  readonly metric: string
  readonly change: number
  /** From what it differs, unless from the champion. */
  readonly title?: string
}

/** How far a metric is from that of the champion; nothing where it is the same. */
export function Difference({ metric, change, title }: DifferenceProps) {
  const { f } = useI18n()
  const { earlier } = useTrainTexts()
  if (change === 0) return null
  const isBetter = isLowerBetter(metric) ? change < 0 : change > 0
  const shown = `${change > 0 ? '+' : '−'}${f.metric(Math.abs(change))}`
  return (
    <span
      className={`small number ${isBetter ? 'tone-ok' : 'tone-failure'}`}
      title={title ?? earlier.againstChampion(shown)}
    >
      {shown}
    </span>
  )
}
