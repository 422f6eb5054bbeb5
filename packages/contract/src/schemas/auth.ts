import { z } from 'zod'
import { permissions, roles } from '../permissions.js'

const Role = z.enum(roles).meta({ id: 'UserRole', description: 'What a person may do, from least to most' })

const Scope = z.enum(permissions)

/** Names of people stand in addresses, in the audit trail and in Basic credentials, where a colon would end them. */
export const UserName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/, 'must be letters, digits, dots, dashes, underlines and @, at most 100')
  .meta({ description: 'As anna or anna@example.org; upper and lower case are the same' })

/** The length is checked where passwords are, which tells what is asked for. */
export const Password = z.string().max(10_000).meta({ format: 'password' })

export const ModelGrants = z
  .array(z.string().min(1).max(500))
  .max(1000)
  .nullable()
  .meta({ description: 'The only models it may predict with and change; null for all' })

export const User = z
  .object({
    id: z.string(),
    name: z.string(),
    role: Role,
    models: ModelGrants,
    is_active: z.boolean(),
    created_at: z.string(),
    last_login_at: z.string().optional(),
    has_password: z
      .boolean()
      .meta({ description: 'False for one who logs in elsewhere, or has not used the link yet' }),
    provider: z
      .string()
      .optional()
      .meta({ description: 'The identity provider (OIDC issuer) that the user logs in at' }),
  })
  .meta({ id: 'User', description: 'A person who may log in' })
export type User = z.infer<typeof User>

export const ApiKey = z
  .object({
    id: z.string().meta({ description: 'The part of the key that is no secret' }),
    name: z.string(),
    user: z
      .string()
      .optional()
      .meta({ description: 'Whose it is; absent for a key that this server made for its own programs' }),
    scopes: z.array(Scope).nullable().meta({ description: 'What it may at most; null for all that its owner may' }),
    models: ModelGrants,
    state: z.enum(['active', 'expired', 'revoked']),
    created_at: z.string(),
    expires_at: z.string().optional(),
    last_used_at: z.string().optional().meta({ description: 'To the minute' }),
    replaced_by: z.string().optional().meta({ description: 'The key that it was rotated to' }),
  })
  .meta({ id: 'ApiKey', description: 'A key of a program; the key itself is told once, when it is made' })
export type ApiKey = z.infer<typeof ApiKey>

export const NewApiKey = z
  .object({ key: z.string().meta({ description: 'Told this once' }), api_key: ApiKey })
  .meta({ id: 'NewApiKey' })
export type NewApiKey = z.infer<typeof NewApiKey>

export const ApiKeyRequest = z
  .object({
    name: z.string().min(1).max(200),
    user: z.string().max(200).optional().meta({ description: 'For whom; oneself by default, others need users.write' }),
    scopes: z.array(Scope).max(permissions.length).nullable().default(null),
    models: ModelGrants.default(null),
    expires_in_days: z
      .number()
      .int()
      .min(1)
      .max(3650)
      .nullable()
      .default(90)
      .meta({ description: 'null for a key that stays valid' }),
  })
  .meta({ id: 'ApiKeyRequest' })

export const UserRequest = z
  .object({
    name: UserName,
    password: Password.nullable()
      .default(null)
      .meta({ description: 'null for one who chooses it by a link, or never has one' }),
    role: Role,
    models: ModelGrants.default(null),
  })
  .meta({ id: 'UserRequest' })

export const UserChange = z
  .object({
    role: Role.optional(),
    models: ModelGrants.optional(),
    is_active: z.boolean().optional(),
    password: Password.optional(),
  })
  .meta({ id: 'UserChange' })

/** A one-time link by which a user chooses a password. */
export const PasswordLink = z
  .object({
    link: z.string().meta({ description: 'The secret of the link, told this once: it goes behind /login#password=' }),
    user: z.string(),
    expires_at: z.string(),
  })
  .meta({ id: 'PasswordLink' })
export type PasswordLink = z.infer<typeof PasswordLink>

export const Session = z
  .object({
    id: z.string(),
    created_at: z.string(),
    last_seen_at: z.string(),
    expires_at: z.string(),
    user_agent: z.string(),
    address: z.string(),
    is_current: z.boolean(),
  })
  .meta({ id: 'Session', description: 'A browser that is logged in' })
export type Session = z.infer<typeof Session>

export const WhoAmI = z
  .object({
    state: z
      .enum(['open', 'anonymous', 'known', 'first_admin'])
      .meta({ description: 'open: nobody needs to log in; first_admin: the first admin is still to be made' }),
    actor: z.string().optional().meta({ description: 'As it stands in the audit trail' }),
    user: User.optional(),
    permissions: z.array(Scope),
    oidc: z
      .object({ name: z.string().optional().meta({ description: 'What people call it' }) })
      .optional()
      .meta({ description: 'There is an identity provider to log in at, at /api/v1/oidc/login' }),
  })
  .meta({ id: 'WhoAmI' })
export type WhoAmI = z.infer<typeof WhoAmI>

/** In the words of RFC 6749. */
export const TokenReply = z
  .object({
    access_token: z.string(),
    token_type: z.literal('bearer'),
    expires_in: z.number().int().meta({ description: 'Seconds' }),
    scope: z.string(),
  })
  .meta({ id: 'TokenReply' })
export type TokenReply = z.infer<typeof TokenReply>
