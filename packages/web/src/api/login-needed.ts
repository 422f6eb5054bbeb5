import { paths } from '../routing/paths.js'

/** Codes that a login answers; a wrong password is not among them. */
const codes = new Set(['login_required', 'credentials_invalid'])

/** Goes to the login where the server asks for one, and comes back after it. The pages begin anew then. */
export function goToLogin(code: string): void {
  const { pathname, search, hash } = window.location
  if (!codes.has(code) || pathname === paths.login()) return
  window.location.assign(`${paths.login()}?next=${encodeURIComponent(`${pathname}${search}${hash}`)}`)
}
