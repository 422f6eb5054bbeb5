import type { Explanation, ModelVersion } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { apiPath } from '../../api/client.js'
import { FactRow } from '../../components/facts.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { ContributionStrips } from './contribution-strips.jsx'
import { DependenceCharts } from './dependence-charts.jsx'
import { useExplainTexts } from './explain-texts.js'
import { FairnessTables } from './fairness-tables.jsx'
import { ImportanceBars } from './importance-bars.jsx'
import { MethodNote } from './method-note.jsx'
import { RowExplorer } from './row-explorer.jsx'
import { SnapshotLink } from './snapshot-link.jsx'
import { outputText } from './waterfall.jsx'
import '../../components/reports/reports.css'

interface ExplanationViewProps {
  readonly explanation: Explanation
  readonly version: ModelVersion
  /** Class whose contributions are shown, and the row among them, as the address has them. */
  readonly wanted: { readonly class: string | undefined; readonly row: string | undefined }
  readonly onChange: (part: { readonly class?: string; readonly row?: string }) => void
}

/** The figures of an explanation, in the order in which one reads them. */
export function ExplanationView({ explanation, version, wanted, onChange }: ExplanationViewProps) {
  const { f } = useI18n()
  const texts = useExplainTexts()
  const { importance = [], dependence, fairness, metric, score } = explanation
  const features = version.signature?.features ?? []
  const target = version.signature?.target.name ?? ''
  const name = `${explanation.model}/${explanation.version}`
  return (
    <article className="stack explain-view" aria-labelledby="explain-view">
      <div className="stack-tight">
        <div className="spread">
          <h2 id="explain-view">{texts.view.title(f.moment(explanation.created_at))}</h2>
          <a
            className="button-link"
            href={apiPath('getExplanation', { explanation: explanation.explanation_id })}
            download={`${explanation.explanation_id}.json`}
          >
            {texts.view.json}
          </a>
        </div>
        {name !== `${version.model}/${version.version}` && <p className="tone-warning">{texts.view.ofOther(name)}</p>}
        <FactRow
          facts={[
            { name: texts.view.facts.rows, value: f.integer(explanation.rows) },
            { name: texts.view.facts.data, value: <SnapshotLink id={explanation.snapshot_id} /> },
            ...(metric === undefined || score === undefined
              ? []
              : [
                  {
                    name: metric,
                    value: <strong title={f.exact(score)}>{f.metric(score)}</strong>,
                  },
                ]),
            { name: texts.view.facts.took, value: f.duration(explanation.seconds * 1000) },
            { name: texts.view.facts.by, value: explanation.created_by },
          ]}
        />
      </div>
      {importance.length > 0 && <ImportanceBars importance={importance} metric={metric} score={score} />}
      {dependence.length > 0 && (
        <DependenceCharts
          dependence={dependence}
          features={features}
          isClassification={explanation.task === 'classification'}
          target={target}
        />
      )}
      <ContributionsPart explanation={explanation} version={version} wanted={wanted} onChange={onChange} />
      {fairness.length > 0 && <FairnessTables fairness={fairness} />}
    </article>
  )
}

function ContributionsPart({ explanation, version, wanted, onChange }: ExplanationViewProps) {
  const texts = useExplainTexts()
  const { contributions: all, method, standard_error } = explanation
  const contributions = all.find((each) => each.class === wanted.class) ?? all[0]
  const rows = contributions?.columns[0]?.contributions.length ?? 0
  if (contributions === undefined || method === undefined || rows === 0) return null
  const target = version.signature?.target.name ?? ''
  const row = Math.min(Math.max(Number(wanted.row ?? '1') - 1 || 0, 0), rows - 1)
  const onRow = (next: number) => onChange({ row: String(next + 1) })
  return (
    <section className="stack" aria-labelledby="explain-contributions">
      <div className="stack-tight">
        <div className="spread">
          <h2 id="explain-contributions">{texts.contributions.title}</h2>
          {all.length > 1 && (
            <NativeSelect
              label={texts.view.classOf}
              value={contributions.class ?? ''}
              data={all.map(({ class: name = '' }) => name)}
              onChange={(event) => onChange({ class: event.currentTarget.value })}
            />
          )}
        </div>
        <p className="muted">{`${texts.contributions.lead(rows)}. ${outputText(texts, contributions, target)}.`}</p>
        <MethodNote method={method} standardError={standard_error} />
      </div>
      <ContributionStrips contributions={contributions} row={row} onRow={onRow} />
      <RowExplorer
        contributions={contributions}
        features={version.signature?.features ?? []}
        target={target}
        row={row}
        onRow={onRow}
      />
    </section>
  )
}
