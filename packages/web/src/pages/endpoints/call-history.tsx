import type { ModelSignature } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { DataTable } from '../../components/data-table.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { predictionText } from './prediction-text.js'
import type { PastCall } from './use-predict.js'

/** The calls of this session; each can be taken up again. */
export function CallHistory({
  calls,
  target,
  onReload,
}: {
  readonly calls: readonly PastCall[]
  readonly target: ModelSignature['target']
  /** Undefined where a call kept nothing to take up: files are gone. */
  readonly onReload: ((call: PastCall) => void) | undefined
}) {
  const { t, f } = useI18n()
  const output = ({ reply, failure }: PastCall) => {
    if (reply === undefined) return <span className="tone-failure">{failure ?? t.tryOut.failedCall}</span>
    const predictions = 'predictions' in reply ? reply.predictions : [reply]
    const [first] = predictions
    return first !== undefined && predictions.length === 1
      ? predictionText(first, target, f)
      : t.tryOut.rowsAnswered(predictions.length)
  }
  return (
    <section className="stack-tight">
      <h2>{t.tryOut.history}</h2>
      {calls.length === 0 ? (
        <p className="muted">{t.tryOut.noHistory}</p>
      ) : (
        <DataTable
          label={t.tryOut.history}
          rows={calls}
          rowKey={({ id }) => id}
          columns={[
            { id: 'when', header: t.tryOut.when, render: ({ at }) => f.time(at) },
            {
              id: 'input',
              header: t.tryOut.input,
              isWide: true,
              render: ({ body }) => (
                <code>{JSON.stringify('features' in body ? body.features : body).slice(0, 160)}</code>
              ),
            },
            { id: 'output', header: t.tryOut.output, isWide: true, render: output },
            {
              id: 'time',
              header: t.tryOut.answeredIn,
              isNumber: true,
              render: ({ elapsedMs }) => f.duration(elapsedMs),
            },
            ...(onReload === undefined
              ? []
              : [
                  {
                    id: 'reload',
                    header: t.tryOut.reload,
                    hidesHeader: true,
                    render: (past: PastCall) => (
                      <Button variant="default" onClick={() => onReload(past)}>
                        {t.tryOut.reload}
                      </Button>
                    ),
                  },
                ]),
          ]}
        />
      )}
    </section>
  )
}
