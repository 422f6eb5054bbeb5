import type { FlowRun } from '@fabrique/contract'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { shortId } from './short-id.js'

/** What a run waits for, in words. */
export function WaitWords({ wait: { kind, what, until } }: { readonly wait: NonNullable<FlowRun['wait']> }) {
  const { t } = useI18n()
  const named = what === undefined ? '' : kind === 'run' || kind === 'job' ? shortId(what) : what
  return (
    <>
      {named === '' ? t.flows.waits[kind] : t.common.labelled(t.flows.waits[kind], named)}
      {until !== undefined && (
        <>
          {' · '}
          <Moment at={until} />
        </>
      )}
    </>
  )
}
