import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { StateWord } from '../../components/state-word.jsx'
import { useNow } from '../../components/use-now.js'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** The parts of the server and how they are, in one line; what is well is said in one word. */
export function SystemParts() {
  const { t, f } = useI18n()
  const now = useNow(1000)
  const { data } = useQuery(queries.status())
  if (data === undefined) return <span>&nbsp;</span>
  return (
    <>
      <span>{t.home.upFor(f.duration(Math.max(now - Date.parse(data.started_at), 0)))}</span>
      {data.parts.map(({ name, state, detail }) => (
        <span key={name} className="row" title={detail}>
          {t.home.partNames[name] ?? name}
          <StateWord state={state} />
        </span>
      ))}
    </>
  )
}
