import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { changeVerb, type VerbContext } from '../../platform/index.js'
import { checkEvents, checkName, checkTexts, parseUrl } from './model.js'
import { newUuid, type StoredWebhook, selectWebhook, webhookTables } from './store.js'

/**
 * Makes a webhook; it gets what happens from now on. The host is checked by who calls this (`checkTarget`) and again at each
 * delivery. Throws `webhook_name_invalid`, `webhook_url_refused`, `webhook_events_invalid`, `webhooks_too_many`.
 */
export const createWebhook = changeVerb({
  name: 'webhooks.create_webhook',
  permission: 'webhooks.write',
  input: z.object({
    name: z.string(),
    url: z.string(),
    events: z.array(z.string()),
    description: z.string().default(''),
    /** Empty for none: what is sent is not signed then. */
    secret: z.string().default(''),
    status: z.enum(['ACTIVE', 'DISABLED']).default('ACTIVE'),
  }),
  async run({ ctx, input, record }): Promise<StoredWebhook> {
    const { name, url, description, secret, status } = input
    checkName(name)
    parseUrl(url)
    checkTexts(input)
    const events = [...checkEvents(input.events)]
    const others = await lockPosition(ctx)
    const countMax = limit('webhooks.count_max')
    if (others >= countMax) throw new FabriqueError('webhooks_too_many', { limit: countMax })
    if (others === 0) await skipToNow(ctx)
    const id = newUuid(ctx)
    const at = ctx.clock.now()
    await webhookTables(ctx)
      .insertInto('webhooks')
      .values({ id, name, url, description, secret: secret || null, status, events, created_at: at, updated_at: at })
      .execute()
    const payload = { webhook_id: id, change: 'created' }
    await record({ subject: `webhooks/${id}`, event: 'webhook.changed', payload })
    return selectWebhook(ctx, id)
  },
})

/** Takes the lock of who turns events into deliveries; returns how many webhooks there are. */
async function lockPosition(ctx: VerbContext): Promise<number> {
  await sql`select from webhook_position for update`.execute(ctx.db)
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from webhooks`.execute(ctx.db)
  return rows[0]?.count ?? 0
}

/** While there was no webhook, nobody followed the events: the first one begins with those that come. */
async function skipToNow(ctx: VerbContext): Promise<void> {
  await sql`update webhook_position set tx = pg_snapshot_xmin(pg_current_snapshot()), event_id = 0`.execute(ctx.db)
}
