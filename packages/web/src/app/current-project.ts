import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { queries } from '../api/queries.js'
import { readStored, writeStored } from './preferences.js'

const lastProjectKey = 'fabrique.project'

/** The project of the address; elsewhere the one last looked at; else the first one. */
export function useCurrentProject(): { readonly project: string | undefined; readonly projects: readonly string[] } {
  const params: { project?: string } = useParams({ strict: false })
  const query = useQuery(queries.projects())
  const projects = query.data?.items.map(({ name }) => name) ?? []
  const inAddress = params.project
  useEffect(() => {
    if (inAddress !== undefined) writeStored(lastProjectKey, inAddress)
  }, [inAddress])
  const last = readStored(lastProjectKey)
  const known = last !== null && projects.includes(last) ? last : projects[0]
  return { project: inAddress ?? known, projects }
}
