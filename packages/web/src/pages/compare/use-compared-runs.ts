import type { ArtifactEntry, Run } from '@fabrique/contract'
import { useQueries } from '@tanstack/react-query'
import { ApiProblem } from '../../api/api-problem.js'
import { queries } from '../../api/queries.js'

export interface ComparedRun {
  readonly id: string
  readonly run: Run | undefined
  readonly artifacts: readonly ArtifactEntry[] | undefined
  readonly isLoading: boolean
  /** The server has no such run. */
  readonly isGone: boolean
  readonly error: Error | null
}

/** The runs of the address with their files, each by itself: one that is gone leaves the others in sight. */
export function useComparedRuns(ids: readonly string[]): readonly ComparedRun[] {
  const runs = useQueries({ queries: ids.map((id) => queries.run(id)) })
  const artifacts = useQueries({ queries: ids.map((id) => queries.artifacts(id)) })
  return ids.map((id, index) => {
    const query = runs[index]
    const isGone = query?.error instanceof ApiProblem && query.error.isNotFound
    return {
      id,
      run: query?.data,
      artifacts: artifacts[index]?.data?.items,
      isLoading: query?.isPending === true,
      isGone,
      error: isGone ? null : (query?.error ?? null),
    }
  })
}
