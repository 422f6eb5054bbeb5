import { useQuery } from '@tanstack/react-query'
import { DataTable, type TableColumn } from '../../components/data-table.jsx'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { Snippet } from '../../components/snippet.jsx'
import type { Format } from '../../i18n/format.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { showRounded } from '../datasets/show-value.js'
import { type Answer, type ComparedFeature, compareAnswers } from './compare-answers.js'
import { featureQueries } from './feature-queries.js'
import { FeatureStatusWord } from './feature-status.jsx'
import { type Keys, keyText, questionOf, type Target } from './look-up-request.js'

interface LookUpResultProps {
  readonly project: string
  readonly target: Target
  readonly keys: Keys
  /** Of the second answer; without it there is none. */
  readonly at: string | undefined
}

/** What was found for a key, now and then; what differs is marked. */
export function LookUpResult({ project, target, keys, at }: LookUpResultProps) {
  const { t, f } = useI18n()
  const words = t.features.lookUp
  const question = questionOf(target, keys)
  const now = useQuery(featureQueries.online(project, question))
  const earlier = useQuery({ ...featureQueries.at(project, question, at ?? ''), enabled: at !== undefined })
  const answered = at === undefined ? undefined : earlier.data
  const features = compareAnswers(now.data, answered)
  const differing = features.filter(({ differs }) => differs === true).length
  const isComparing = now.data !== undefined && answered !== undefined
  return (
    <section className="stack" aria-labelledby="look-up-result">
      <h2 id="look-up-result">{words.result(keyText(keys))}</h2>
      {now.error !== null && <FailurePanel error={now.error} onRetry={() => void now.refetch()} />}
      {at !== undefined && earlier.error !== null && (
        <FailurePanel error={earlier.error} onRetry={() => void earlier.refetch()} />
      )}
      {(now.isLoading || earlier.isLoading) && <SkeletonLines lines={4} />}
      {features.length > 0 && (
        <>
          <p className="look-up-heads" role="status">
            {now.data !== undefined && <span>{words.nowHead}</span>}
            {answered !== undefined && at !== undefined && <span>{words.thenHead(f.moment(at))}</span>}
            {isComparing && <strong>{differing === 0 ? words.noDifferences : words.differences(differing)}</strong>}
          </p>
          <AnswerTable
            label={words.result(keyText(keys))}
            features={features}
            hasNow={now.data !== undefined}
            hasEarlier={answered !== undefined}
          />
          {answered !== undefined && answered.not_computed.length > 0 && (
            <p className="small muted">{words.notComputed(answered.not_computed.join(', '))}</p>
          )}
        </>
      )}
      <Snippet title={words.copyRequest} code={requestText(project, question)} />
    </section>
  )
}

interface AnswerTableProps {
  readonly label: string
  readonly features: readonly ComparedFeature[]
  readonly hasNow: boolean
  readonly hasEarlier: boolean
}

function AnswerTable({ label, features, hasNow, hasEarlier }: AnswerTableProps) {
  const { t } = useI18n()
  const words = t.features.lookUp
  const isOfSeveral = new Set(features.map(({ view }) => view)).size > 1
  type Column = TableColumn<ComparedFeature>
  const view: Column = { id: 'view', header: words.view, render: ({ view: name }) => name }
  const now: readonly Column[] = [
    { id: 'now', header: words.value, render: (feature) => <Value answer={feature.now} /> },
    { id: 'now-status', header: words.status, render: (feature) => <Status answer={feature.now} /> },
  ]
  const earlier: readonly Column[] = [
    { id: 'then', header: words.thenValue, render: (feature) => <Value answer={feature.earlier} /> },
    { id: 'then-status', header: words.thenStatus, render: (feature) => <Status answer={feature.earlier} /> },
  ]
  const change: Column = { id: 'change', header: words.change, render: (feature) => <Change feature={feature} /> }
  return (
    <DataTable
      label={label}
      rows={features}
      rowKey={(feature) => `${feature.view} ${feature.name}`}
      isChosen={({ differs }) => differs === true}
      columns={[
        { id: 'feature', header: words.feature, render: ({ name }) => <code className="wraps-narrow">{name}</code> },
        ...(isOfSeveral ? [view] : []),
        ...(hasNow ? now : []),
        ...(hasEarlier ? earlier : []),
        ...(hasNow && hasEarlier ? [change] : []),
      ]}
    />
  )
}

function Value({ answer }: { readonly answer: ComparedFeature['earlier'] }) {
  const { t, f } = useI18n()
  if (answer === undefined) return '–'
  if (answer === 'by_code') return <span className="muted">{t.features.lookUp.notComputedCell}</span>
  if (answer.value === null) return <span className="muted">–</span>
  const text = showRounded(answer.value, f)
  return (
    <span className="look-up-value" title={typeof answer.value === 'number' ? f.exact(answer.value) : text}>
      {text}
    </span>
  )
}

function Status({ answer }: { readonly answer: ComparedFeature['earlier'] }) {
  const { f } = useI18n()
  if (answer === undefined || answer === 'by_code') return '–'
  return (
    <span className="look-up-status">
      <FeatureStatusWord status={answer.status} />
      <Age answer={answer} f={f} />
    </span>
  )
}

/** How old a value was when it was read, and of when it is. */
function Age({ answer: { ageSeconds, eventTime }, f }: { readonly answer: Answer; readonly f: Format }) {
  const { t } = useI18n()
  if (ageSeconds === null || eventTime === null) return null
  return (
    <time className="small muted nowrap" dateTime={eventTime} title={f.momentUtc(eventTime)}>
      {t.features.lookUp.old(f.duration(ageSeconds * 1000))}
    </time>
  )
}

function Change({ feature: { differs, difference } }: { readonly feature: ComparedFeature }) {
  const { t, f } = useI18n()
  const words = t.features.lookUp
  if (differs === undefined) return '–'
  if (!differs) return <span className="muted">{words.same}</span>
  const sign = difference === undefined || difference === 0 ? '' : difference > 0 ? '+' : '\u2212'
  return (
    <span className="state">
      <Icon name="edit" size={14} />
      {difference === undefined ? words.changed : `${sign}${showRounded(Math.abs(difference), f)}`}
    </span>
  )
}

function requestText(project: string, question: object): string {
  const body = JSON.stringify(question).replaceAll("'", "'\\''")
  const address = `${location.origin}/api/v1/projects/${encodeURIComponent(project)}/features/online`
  return `curl -s ${address} \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`
}
