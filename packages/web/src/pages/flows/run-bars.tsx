import type { Flow } from '@fabrique/contract'
import { type KeyboardEvent, useRef, useState } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { barHeights } from './bar-heights.js'
import { stateText } from './flow-state.jsx'
import './flows.css'

type Bar = Flow['bars'][number]

/**
 * The newest runs of a flow, oldest first: colour and a foot mark tell how each ended, the height how long it took. One stop of the
 * Tab key: arrows, Home and End move between runs, Enter opens one; each is named in words.
 */
export function RunBars({ flow: { project, name, bars } }: { readonly flow: Pick<Flow, 'project' | 'name' | 'bars'> }) {
  const { t, f } = useI18n()
  const list = useRef<HTMLUListElement>(null)
  const [chosen, setChosen] = useState<string>()
  if (bars.length === 0) return <span className="muted">{t.flows.neverRan}</span>
  const last = bars.length - 1
  const at = bars.findIndex(({ id }) => id === chosen)
  const current = at < 0 ? last : at
  const heights = barHeights(bars)
  const onKey = (event: KeyboardEvent) => {
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: last }[event.key]
    if (to === undefined) return
    event.preventDefault()
    const index = Math.min(Math.max(to, 0), last)
    setChosen(bars[index]?.id)
    list.current?.querySelectorAll('a')[index]?.focus()
  }
  const label = ({ state, scheduled_for: due, duration_ms: duration }: Bar) =>
    [stateText(state, t), f.moment(due), ...(duration === undefined ? [] : [f.duration(duration)])].join(', ')
  return (
    <ul className="run-bars" aria-label={t.flows.newestRuns(bars.length)} ref={list} onKeyDown={onKey}>
      {bars.map((bar, index) => (
        <li key={bar.id}>
          <AppLink
            to={paths.flowRun({ project, flow: name, run: bar.id })}
            className="run-bar"
            title={label(bar)}
            aria-label={label(bar)}
            tabIndex={index === current ? 0 : -1}
          >
            <span className="run-bar-fill" data-state={bar.state.type} style={{ height: heights[index] }} />
          </AppLink>
        </li>
      ))}
    </ul>
  )
}
