import { z } from 'zod'
import type { Actor, VerbContext } from '../../platform/index.js'

/** The models that who asks for a job is limited to; absent for all. */
export const Granted = z.object({ models: z.array(z.string()).optional() })

/** What stands in the input of a job of theirs: the worker acts by itself, and must not read or erase for them what they may not. */
export function grantsOf({ models }: Actor): { models?: string[] } {
  return models === undefined ? {} : { models: [...models].sort() }
}

/** The context of a worker with the limits of who asked. */
export function withGrants(ctx: VerbContext, { models }: z.output<typeof Granted>): VerbContext {
  return models === undefined ? ctx : { ...ctx, actor: { ...ctx.actor, models: new Set(models) } }
}
