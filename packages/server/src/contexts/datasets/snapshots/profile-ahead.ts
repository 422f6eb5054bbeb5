import { link } from 'node:fs/promises'
import type { Profile } from '@fabrique/contract'
import { sqlText, type VerbContext } from '../../../platform/index.js'
import { computeProfile, type ProfiledColumn } from './compute-profile.js'

/** Figures of a table that is not a snapshot yet. */
export interface ProfileAhead {
  /** Undefined where they could not be computed: they are once the snapshot is there, and then it is told why. */
  readonly figures: Promise<Profile | undefined>
  /** Stops it where it still runs. */
  end(): Promise<void>
}

export interface ProfileAheadOptions {
  /** Parquet file that will be moved. */
  readonly path: string
  /** Another name for it meanwhile. */
  readonly linkPath: string
  readonly columns: readonly ProfiledColumn[]
}

/** Computes the profile of a file while it is brought to the blob store. */
export function profileAhead(ctx: VerbContext, { path, linkPath, columns }: ProfileAheadOptions): ProfileAhead {
  const stop = new AbortController()
  const signal = ctx.signal === undefined ? stop.signal : AbortSignal.any([ctx.signal, stop.signal])
  const compute = async () => {
    await link(path, linkPath)
    return ctx.data.use(
      (connection) => computeProfile(connection, `read_parquet(${sqlText(linkPath)})`, columns),
      signal,
    )
  }
  const figures = compute().catch(() => undefined)
  return {
    figures,
    async end() {
      stop.abort()
      await figures
    },
  }
}
