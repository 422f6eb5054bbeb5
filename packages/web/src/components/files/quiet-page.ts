const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"

/**
 * A foreign page made ready for a frame that may do nothing: its scripts are taken out, and it says itself that nothing
 * is fetched. The sandbox of the frame is what protects; this is a second lock, and keeps the console quiet.
 */
export function quietPage(markup: string): string {
  const page = new DOMParser().parseFromString(markup, 'text/html')
  for (const element of page.querySelectorAll('script, link, base, meta[http-equiv]')) element.remove()
  const meta = page.createElement('meta')
  meta.httpEquiv = 'content-security-policy'
  meta.content = policy
  page.head.prepend(meta)
  return `<!doctype html>${page.documentElement.outerHTML}`
}
