import { FabriqueError, isFabriqueError, type Remote } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import { openFolderRemote } from './folder-remote.js'
import type { RemoteStore } from './remote-store.js'
import { openS3Remote } from './s3-remote.js'

/** Works on a remote. Throws `remote_unavailable` where it cannot be used. */
export async function useRemote<Result>(
  ctx: VerbContext,
  remote: Remote,
  work: (store: RemoteStore) => Promise<Result>,
): Promise<Result> {
  const store = remote.url.startsWith('s3://') ? openS3Remote(ctx, remote) : await openFolderRemote(ctx, remote)
  try {
    return await work(store)
  } catch (error) {
    if (isFabriqueError(error) && error.code.startsWith('s3_')) {
      const reason = `${error.code}: ${error.message}`
      throw new FabriqueError('remote_unavailable', { remote: remote.name, reason }, { cause: error })
    }
    throw error
  } finally {
    store.close()
  }
}
