import type { ModelVersion } from '@fabrique/contract'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { Load, SkeletonLines } from '../../components/load.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { ExplainForm } from './explain-form.jsx'
import { ExplainJob } from './explain-job.jsx'
import { explainQueries } from './explain-queries.js'
import { useExplainTexts } from './explain-texts.js'
import { ExplanationList } from './explanation-list.jsx'
import { ExplanationView } from './explanation-view.jsx'
import './explain.css'

const route = getRouteApi(patterns.modelVersion)

/** What a version goes by: asks for an explanation, watches it being made, and shows it or an earlier one. */
export function VersionExplain({ version }: { readonly version: ModelVersion }) {
  const texts = useExplainTexts()
  const { explanation: wanted, job, row, class: wantedClass } = route.useSearch()
  const changeSearch = useSearchChange()
  const query = useInfiniteQuery(explainQueries.list(version.model, version.version))
  const explanations = query.data?.pages.flatMap(({ items }) => items) ?? []
  const shown = wanted ?? explanations[0]?.explanation_id
  const [told, tell] = useState('')
  const doneText = texts.job.done
  const onDone = useCallback(() => {
    tell(doneText)
    if (wanted !== undefined) changeSearch({ tab: 'explain', explanation: wanted })
  }, [changeSearch, wanted, doneText])
  if (query.error !== null && query.data === undefined)
    return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  if (query.data === undefined) return <SkeletonLines lines={8} />
  return (
    <div className="stack" style={{ gap: 32 }}>
      <ExplainForm
        version={version}
        isAgain={explanations.length > 0}
        onStarted={(started) => {
          tell('')
          changeSearch({ tab: 'explain', ...started }, 'push')
        }}
      />
      {job !== undefined && <ExplainJob key={job} job={job} onDone={onDone} />}
      {job === undefined && shown !== undefined && (
        <Shown
          key={shown}
          id={shown}
          version={version}
          wanted={{ row, class: wantedClass }}
          onChange={(part) => changeSearch({ tab: 'explain', explanation: shown, row, class: wantedClass, ...part })}
        />
      )}
      {(explanations.length > 0 || job === undefined) && (
        <ExplanationList
          version={version}
          explanations={explanations}
          shown={job === undefined ? shown : undefined}
          onMore={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
        />
      )}
      <p role="status" className="visually-hidden">
        {told}
      </p>
    </div>
  )
}

interface ShownProps {
  readonly id: string
  readonly version: ModelVersion
  readonly wanted: { readonly class: string | undefined; readonly row: string | undefined }
  readonly onChange: (part: { readonly class?: string; readonly row?: string }) => void
}

function Shown({ id, ...view }: ShownProps) {
  const query = useQuery(explainQueries.one(id))
  return (
    <Load query={query} lines={12}>
      {(explanation) => <ExplanationView explanation={explanation} {...view} />}
    </Load>
  )
}
