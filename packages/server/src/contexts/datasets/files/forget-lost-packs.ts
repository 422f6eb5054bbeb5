import { retry } from '../../../kernel/index.js'
import { inTransaction, type VerbContext } from '../../../platform/index.js'
import { deletePacks, lockPacksAlone } from './store.js'

/** Forgets the indexes of packs that are in the store no more; content is never looked for there again. */
export async function forgetLostPacks(ctx: VerbContext, packs: readonly string[]): Promise<void> {
  if (packs.length === 0) return
  await inTransaction(ctx, async (inner) => {
    await lockPacksAlone(inner)
    const lost: string[] = []
    for (const pack of packs) if (await isLost(inner, pack)) lost.push(pack)
    await deletePacks(inner, lost)
  })
}

class StillAway extends Error {}

/** The sweep takes a blob aside for a moment and may put it back: only one that stays away is lost. */
async function isLost(ctx: VerbContext, pack: string): Promise<boolean> {
  const look = async () => {
    if ((await ctx.blobs.size(pack)) === undefined) throw new StillAway()
  }
  const options = {
    attempts: 4,
    delayMs: 20,
    delayMsMax: 100,
    retryable: (error: unknown) => error instanceof StillAway,
  }
  return retry(look, options).then(
    () => false,
    (error: unknown) => {
      if (error instanceof StillAway) return true
      throw error
    },
  )
}
