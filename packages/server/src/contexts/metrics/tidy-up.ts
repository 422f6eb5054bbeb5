import type { VerbContext } from '../../platform/index.js'
import { eraseOld } from './store.js'

/** Erases what has outlived its time. Several servers may do it at once. */
export function tidyUpMetricHistory({ db, clock }: Pick<VerbContext, 'db' | 'clock'>): Promise<void> {
  return eraseOld(db, clock.now())
}
