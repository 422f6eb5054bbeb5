import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { paths } from '../../routing/paths.js'

/** The snapshot that rows come from; its id alone where it is gone. */
export function SnapshotLink({ id }: { readonly id: string }) {
  const snapshot = useQuery(queries.snapshot(id)).data
  if (snapshot === undefined) return <code>{id}</code>
  const { project, dataset } = snapshot
  return <AppLink to={paths.snapshot({ project, dataset, snapshot: id })}>{dataset}</AppLink>
}
