import type { FeatureView } from '@fabrique/contract'
import { OpenJob } from '../../components/jobs/open-job.jsx'

/** What is under way for a view, or how the last of it failed. */
export function ViewJobs({ view: { project, name } }: { readonly view: FeatureView }) {
  return (
    <>
      <OpenJob subject={`features/${project}/${name}`} />
      <OpenJob subject={`feature_views/${project}/${name}`} />
    </>
  )
}
