import { z } from 'zod'
import { changeVerb } from '../../platform/index.js'
import { parseArtifactPath, splitRoot } from './model.js'
import { deleteTree, lockTree } from './store.js'

/**
 * Deletes a file, or a folder with all in it; what is not there is deleted already. Blobs stay, since other paths may
 * name them. Returns how many files went. Throws `artifact_path_invalid`.
 */
export const deleteArtifact = changeVerb({
  name: 'artifacts.delete_artifact',
  permission: 'artifacts.write',
  input: z.object({ path: z.string() }),
  async run({ ctx, input, record, unchanged }): Promise<number> {
    // Clients that delete a folder may end it in a slash; the root itself has no name and is refused.
    const path = parseArtifactPath(input.path.replace(/\/$/, ''))
    await lockTree(ctx, path)
    const deleted = await deleteTree(ctx, path)
    if (deleted === 0) unchanged()
    else await record({ subject: `artifacts/${path}`, event: 'artifact.deleted', payload: splitRoot(path) })
    return deleted
  },
})
