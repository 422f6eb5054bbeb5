import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import type { VerbContext } from '../../platform/index.js'
import type { OidcAttempt } from './identity-provider.js'
import { installationKey } from './tokens.js'

/** A login that is under way at the provider, and the page it ends at. */
export interface PendingLogin extends OidcAttempt {
  readonly next: string
}

const Pending = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  redirectUrl: z.string(),
  next: z.string(),
})

/** Keeps such a login in a cookie that only servers of this installation can read or make, so that nobody fills a table by beginning. */
export interface LoginSeal {
  seal(pending: PendingLogin): Promise<string>
  /** Undefined for what is not sealed here, or too old. */
  open(sealed: string): Promise<PendingLogin | undefined>
}

const jose = () => import('jose')
const audience = 'oidc-login'

export function openLoginSeal(ctx: Pick<VerbContext, 'db' | 'clock' | 'ids'>): LoginSeal {
  const key = installationKey(ctx, 'oidc')
  return {
    async seal(pending) {
      const { EncryptJWT } = await jose()
      const now = Math.floor(ctx.clock.now().getTime() / 1000)
      return new EncryptJWT({ ...pending })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setAudience(audience)
        .setExpirationTime(now + limit('auth.oidc_login_minutes') * 60)
        .encrypt(await key())
    },
    async open(sealed) {
      const { errors, jwtDecrypt } = await jose()
      try {
        const { payload } = await jwtDecrypt(sealed, await key(), {
          audience,
          requiredClaims: ['exp'],
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          currentDate: ctx.clock.now(),
        })
        return Pending.safeParse(payload).data
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined
        throw error
      }
    },
  }
}
