import type { FlowRun } from '@fabrique/contract'
import { ScrollRegion } from '../../components/scroll-region.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** Why something failed, what to do about it, and where in the code, when asked. */
export function FailureText({ failure }: { readonly failure: NonNullable<FlowRun['error']> }) {
  const { t } = useI18n()
  const { message, hint, stack, code } = failure
  return (
    <div className="flow-failure">
      <p>
        <strong>{message}</strong>
      </p>
      {hint !== '' && <p>{hint}</p>}
      <p className="small muted">
        {t.problems.code} <code>{code}</code>
      </p>
      {stack !== undefined && stack !== '' && (
        <details>
          <summary>{t.flows.stack}</summary>
          <ScrollRegion label={t.flows.stack} className="flow-stack">
            <pre>{stack}</pre>
          </ScrollRegion>
        </details>
      )}
    </div>
  )
}
