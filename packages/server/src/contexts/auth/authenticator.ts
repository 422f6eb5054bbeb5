import { FabriqueError } from '@fabrique/contract'
import { sql } from 'kysely'
import { limit } from '../../kernel/index.js'
import {
  type Actor,
  type EventStream,
  type LoginGuard,
  localActor,
  nobody,
  programActor,
  toDatabaseError,
  type VerbContext,
} from '../../platform/index.js'
import { type Credentials, faults, type GivenCredentials, readCredentials } from './credentials.js'
import { actorOf } from './grants.js'
import { checkLogin } from './log-in.js'
import { hashOf, isSecret } from './secrets.js'
import { hasUsers, type KeyRow, type UserRow } from './store.js'
import type { TokenClaims, Tokens } from './tokens.js'

/** Tells who asks. Independent of HTTP, so that every protocol asks it. */
export interface Authenticator {
  /**
   * Who sends these credentials: `nobody` where there are none, and the person at this machine while nobody needs to log in. At once
   * where they were seen a moment ago. Throws `credentials_invalid`, `credentials_unclear`, `login_failed`.
   */
  authenticate(given: GivenCredentials): Actor | Promise<Actor>
  /**
   * The same of one who was let in before, as it holds now. It is no use of the credentials: a session ends that asks for nothing, whatever
   * it has open.
   */
  check(given: GivenCredentials): Promise<Actor>
  /** Whether nobody needs to log in. */
  isOpen(): boolean
  /** Whether there are users, as far as this process knows. */
  hasUsers(): boolean
  /** Looks again at everything: to be called after a change, so that it holds before it is answered. */
  forget(): Promise<void>
  close(): void
}

export interface AuthenticatorOptions {
  readonly ctx: VerbContext
  readonly events: EventStream
  readonly tokens: Tokens
  readonly guard: LoginGuard
  /** True lets everybody in while there are no users. */
  readonly isOpenWithoutUsers: boolean
}

interface Known {
  readonly actor: Actor
  /** By the monotonic clock. */
  readonly untilMs: number
  /** By the calendar: when the credentials themselves end. */
  readonly expires: Date | null
}

/** What was proved just now. */
type Proof = Pick<Known, 'actor' | 'expires'>

/** How often a server without users looks for the first one, where nobody told it. */
const lookMs = 10_000

export async function openAuthenticator(options: AuthenticatorOptions): Promise<Authenticator> {
  const { ctx } = options
  const known = new Map<string, Known>()
  const asked = new Map<string, Promise<Actor>>()
  // Once there is a user there always is: the last admin cannot be removed.
  let users = await hasUsers(ctx)
  let timer: NodeJS.Timeout | undefined
  /** What was begun before a change must not be remembered after it. */
  let generation = 0

  const forget = async () => {
    generation += 1
    known.clear()
    asked.clear()
    if (users) return
    users = await hasUsers(ctx)
    if (users) clearInterval(timer)
  }
  if (!users) {
    timer = setInterval(
      () => void forget().catch((err: unknown) => ctx.log.debug({ err }, 'Users are looked for later')),
      lookMs,
    )
    timer.unref()
  }
  const unsubscribe = options.events.subscribe((events) => {
    const isConcerned = events.some(({ kind, payload }) => isNews(kind, payload.change, users))
    if (isConcerned) void forget().catch((err: unknown) => ctx.log.debug({ err }, 'Users are looked for later'))
  })

  const remember = (name: string, { actor, expires }: Proof, keptMs: number) => {
    const oldest = known.size >= limit('auth.credentials_kept') ? known.keys().next().value : undefined
    if (oldest !== undefined) known.delete(oldest)
    known.set(name, { actor, expires, untilMs: ctx.clock.monotonicMs() + keptMs })
  }
  const recall = (name: string): Actor | undefined => {
    const found = known.get(name)
    if (found === undefined) return undefined
    const isFresh =
      found.untilMs > ctx.clock.monotonicMs() && (found.expires === null || found.expires > ctx.clock.now())
    if (isFresh) return found.actor
    known.delete(name)
    return undefined
  }
  const prove = async (name: string, credentials: Credentials, address: string): Promise<Actor> => {
    const began = generation
    try {
      const proof = await proofOf({ ...options, isUse: true }, credentials, address)
      const isPassword = credentials.kind === 'password'
      const keptMs = limit(isPassword ? 'auth.password_kept_ms' : 'auth.credential_kept_ms')
      if (began === generation) remember(name, proof, keptMs)
      return proof.actor
    } catch (error) {
      throw toDatabaseError(error)
    } finally {
      if (began === generation) asked.delete(name)
    }
  }

  const authenticator: Authenticator = {
    authenticate(given) {
      if (authenticator.isOpen()) return localActor
      const quick = quickName(given)
      const found = quick === undefined ? undefined : recall(quick)
      if (found !== undefined) return found
      const credentials = readCredentials(given)
      if (credentials === undefined) return nobody
      const name = nameOf(credentials)
      const before = recall(name)
      if (before !== undefined) return before
      // Requests side by side with the same credentials look once.
      const under = asked.get(name) ?? prove(name, credentials, given.address)
      asked.set(name, under)
      return under
    },
    async check(given) {
      if (authenticator.isOpen()) return localActor
      const credentials = readCredentials(given)
      if (credentials === undefined) return nobody
      // Its proof is work, and nothing is kept of its use.
      if (credentials.kind === 'password') return authenticator.authenticate(given)
      const known = recall(nameOf(credentials))
      return known ?? (await proofOf({ ...options, isUse: false }, credentials, given.address)).actor
    },
    isOpen: () => !users && options.isOpenWithoutUsers,
    hasUsers: () => users,
    forget,
    close() {
      clearInterval(timer)
      unsubscribe()
    },
  }
  return authenticator
}

/** Whether a change makes void what is known. What is new was never known; the first user matters to a server that lets everybody in. */
function isNews(kind: string, change: unknown, users: boolean): boolean {
  if (kind === 'key.changed') return change !== 'created'
  if (kind !== 'user.changed') return false
  return change === 'created' ? !users : change !== 'logged in' && change !== 'token made'
}

/** What tells credentials apart in memory; a password is not kept there. */
function nameOf(credentials: Credentials): string {
  switch (credentials.kind) {
    case 'key':
      return credentials.key
    case 'password':
      return `password ${hashOf(`${credentials.name}\n${credentials.password}`).toString('base64')}`
    case 'session':
      return `session ${credentials.token}`
    case 'token':
      return credentials.token
  }
}

/** The same for what programs send with each request, without reading it: what is known was read before. */
function quickName({ authorization, apiKey }: GivenCredentials): string | undefined {
  return apiKey === undefined && authorization?.startsWith('Bearer ') === true ? authorization.slice(7) : undefined
}

interface ProofOptions extends AuthenticatorOptions {
  /** Whether it is kept that they were used now. */
  readonly isUse: boolean
}

function proofOf(options: ProofOptions, credentials: Credentials, address: string): Promise<Proof> {
  switch (credentials.kind) {
    case 'key':
      return proveKey(options, credentials)
    case 'session':
      return proveSession(options, credentials.token)
    case 'token':
      return proveToken(options, credentials.token)
    case 'password':
      return provePassword(options, { ...credentials, address })
  }
}

type Account = Pick<UserRow, 'id' | 'name' | 'role' | 'models' | 'is_active' | 'session_version'>

const refuse = (fault: { readonly reason: string; readonly reason_fr: string }) =>
  new FabriqueError('credentials_invalid', fault)

async function proveKey(
  { ctx, isUse }: ProofOptions,
  { id, key }: { readonly id: string; readonly key: string },
): Promise<Proof> {
  type Row = Omit<KeyRow, 'id' | 'name' | 'models'> & { key_models: string[] | null } & {
    [Name in keyof Account]: Account[Name] | null
  }
  const now = ctx.clock.now()
  const { rows } = await sql<Row>`
    with used as (
      update api_keys set last_used_at = ${now}
      where ${isUse} and id = ${id} and secret_hash = ${hashOf(key)} and revoked_at is null and (expires_at is null or expires_at > ${now})
        and (last_used_at is null or last_used_at < ${new Date(now.getTime() - limit('auth.last_used_ms'))})
    )
    select k.user_id, k.secret_hash, k.scopes, k.models as key_models, k.expires_at, k.revoked_at,
      u.id, u.name, u.role, u.models, u.is_active
    from api_keys k left join users u on u.id = k.user_id where k.id = ${id}
  `.execute(ctx.db)
  const [row] = rows
  if (row === undefined || !isSecret(key, row.secret_hash)) throw refuse(faults.key)
  const { expires_at: expires, id: userId, name, role } = row
  if (row.revoked_at !== null) throw refuse(faults.revoked)
  if (expires !== null && expires <= now) throw refuse(faults.expired)
  if (row.user_id === null) return { actor: programActor(id), expires }
  if (userId === null || name === null || role === null || row.is_active !== true) throw refuse(faults.account)
  const owner = { id: userId, name, role, models: row.models }
  return { actor: actorOf(owner, { key: id, scopes: row.scopes, models: row.key_models }), expires }
}

async function proveSession({ ctx, isUse }: ProofOptions, token: string): Promise<Proof> {
  const now = ctx.clock.now()
  const idleMs = limit('auth.session_idle_hours') * 3_600_000
  const hash = hashOf(token)
  const { rows } = await sql<Account & { expires_at: Date; last_seen_at: Date }>`
    with seen as (
      update sessions set last_seen_at = ${now} where ${isUse} and token_hash = ${hash} and expires_at > ${now}
        and last_seen_at > ${new Date(now.getTime() - idleMs)}
        and last_seen_at < ${new Date(now.getTime() - limit('auth.last_used_ms'))}
    )
    select s.expires_at, s.last_seen_at, u.id, u.name, u.role, u.models, u.is_active
    from sessions s join users u on u.id = s.user_id where s.token_hash = ${hash}
  `.execute(ctx.db)
  const [row] = rows
  if (row === undefined || row.expires_at <= now || now.getTime() - row.last_seen_at.getTime() > idleMs) {
    throw refuse(faults.session)
  }
  if (!row.is_active) throw refuse(faults.account)
  return { actor: actorOf(row), expires: row.expires_at }
}

async function proveToken({ ctx, tokens }: AuthenticatorOptions, token: string): Promise<Proof> {
  const claims = await tokens.read(token)
  if ('reason' in claims) throw refuse(claims)
  const user = await userOfToken(ctx, claims)
  return { actor: actorOf(user, { scopes: claims.scopes }), expires: claims.expires }
}

async function userOfToken(ctx: VerbContext, { userId, version, jti }: TokenClaims): Promise<Account> {
  const { rows } = await sql<Account & { is_revoked: boolean }>`
    select u.id, u.name, u.role, u.models, u.is_active, u.session_version,
      exists (select from revoked_tokens where jti = ${jti}) as is_revoked
    from users u where u.id = ${userId}
  `.execute(ctx.db)
  const [user] = rows
  if (user === undefined || user.is_revoked || user.session_version !== version) throw refuse(faults.ended)
  if (!user.is_active) throw refuse(faults.account)
  return user
}

async function provePassword(
  { ctx, guard }: AuthenticatorOptions,
  login: { readonly name: string; readonly password: string; readonly address: string },
): Promise<Proof> {
  return { actor: actorOf(await checkLogin(ctx, guard, login)), expires: null }
}
