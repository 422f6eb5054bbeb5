import type { LinkSearch } from '../components/app-link.jsx'

/**
 * What stands after the `?` once a page that shows `drawn` asked for `wanted`, while `latest` stands there: only what the
 * page changes is changed. What is undefined or empty is left out.
 */
export function changedSearch(latest: LinkSearch, drawn: LinkSearch, wanted: LinkSearch): LinkSearch {
  const keys = new Set([...Object.keys(latest), ...Object.keys(drawn), ...Object.keys(wanted)])
  const value = (key: string) => (wanted[key] === drawn[key] ? latest[key] : wanted[key])
  return Object.fromEntries(
    [...keys].flatMap((key) => (value(key) === undefined || value(key) === '' ? [] : [[key, value(key)]])),
  )
}
