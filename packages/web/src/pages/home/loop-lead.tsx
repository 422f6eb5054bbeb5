import type { LoopRun } from '@fabrique/contract'
import { useNow } from '../../components/use-now.js'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** When the loop last ran, how it ended, who asked and why: one line. */
export function LoopLead({ flowRun }: { readonly flowRun: LoopRun | undefined }) {
  const { t, f } = useI18n()
  const now = useNow(1000)
  if (flowRun === undefined) return <p className="loop-lead">{t.home.neverRan}</p>
  const { state, requested_at, started_at, ended_at, requested_by, reason, result } = flowRun
  const isOver = state === 'succeeded' || state === 'failed'
  const began = Date.parse(started_at ?? requested_at)
  const lasted = ended_at === undefined ? Math.max(now - began, 0) : Date.parse(ended_at) - began
  const parts = [
    isOver ? t.home.lastRun(t.states[state], f.ago(ended_at ?? requested_at, now)) : t.states[state],
    isOver ? t.home.took(f.duration(lasted)) : f.duration(Math.floor(lasted / 1000) * 1000),
    t.home.requestedBy(requested_by),
    ...(reason === '' ? [] : [t.common.quote(reason)]),
  ]
  return (
    <>
      <p className="loop-lead">{parts.join(' · ')}</p>
      {state === 'succeeded' && result.promoted !== undefined && (
        <p className="loop-lead">
          {result.promoted ? t.home.promoted(result.reason ?? '') : t.home.notPromoted(result.reason ?? '')}
        </p>
      )}
    </>
  )
}
