import { useQuery } from '@tanstack/react-query'
import { apiPath } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { reportFolder } from '../../components/reports/report-files.js'

const bytesMax = 1024 * 1024

/** The text of a report of a run, by its name; undefined where there is none, or while it is not there. */
export function useReport(run: string, name: string): string | undefined {
  const path = `${reportFolder}${name}.json`
  const artifacts = useQuery(queries.artifacts(run)).data?.items ?? []
  const bytes = artifacts.find((artifact) => artifact.path === path)?.bytes
  return useQuery({
    ...queries.artifactText(apiPath('downloadArtifact', { run }, { path }), bytes ?? 0, bytesMax),
    enabled: bytes !== undefined && bytes <= bytesMax,
  }).data
}
