import { FabriqueError } from '@fabrique/contract'
import type { OidcSettings } from '../contexts/auth/index.js'
import type { Config, SettingName } from './config/index.js'

/** The identity provider that the settings name; undefined where they name none. Throws `config_invalid` for one by halves. */
export function oidcSettings(config: Config): OidcSettings | undefined {
  const { oidc_issuer: issuer, oidc_client_id: clientId, oidc_role_claim: roleClaim, oidc_roles: roles } = config
  const missing = (key: SettingName, reason: string) =>
    new FabriqueError('config_invalid', { key, origin: config.origins[key], reason })
  if (issuer === undefined) {
    if (clientId === undefined) return undefined
    throw missing('oidc_issuer', 'it is needed beside oidc_client_id')
  }
  if (clientId === undefined) throw missing('oidc_client_id', 'it is needed beside oidc_issuer')
  if (roles.size > 0 && roleClaim === undefined) throw missing('oidc_role_claim', 'it is needed beside oidc_roles')
  const defaultRole = config.oidc_default_role
  if (defaultRole === 'none' && roles.size === 0) throw missing('oidc_roles', 'nobody could come in without any')
  const secret = config.oidc_client_secret?.reveal()
  return {
    issuer,
    clientId,
    scopes: config.oidc_scopes,
    roles,
    ...(secret === undefined ? {} : { clientSecret: secret }),
    ...(config.oidc_name === undefined ? {} : { name: config.oidc_name }),
    ...(defaultRole === 'none' ? {} : { defaultRole }),
    ...(roleClaim === undefined ? {} : { roleClaim }),
    ...(config.oidc_redirect_url === undefined ? {} : { redirectUrl: config.oidc_redirect_url }),
  }
}
