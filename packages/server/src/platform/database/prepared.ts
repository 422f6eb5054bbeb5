import type { PoolClient } from 'pg'

/** The name of each statement that connections prepare. */
const names = new Map<string, string>()

/**
 * Has each connection parse a statement once rather than on every call, and gives its text. For statements that run thousands of
 * times a minute, and whose plan does not depend on the sizes of tables: it is kept as long as the connection.
 */
export function prepared(text: string): string {
  if (!names.has(text)) names.set(text, `fabrique_${names.size + 1}`)
  return text
}

/** Has a new connection send the statements of `prepared` under their names. */
export function sendPrepared(client: PoolClient): void {
  const send = client.query
  const query = (statement: unknown, ...rest: readonly unknown[]): unknown => {
    const name = typeof statement === 'string' ? names.get(statement) : undefined
    return Reflect.apply(send, client, [name === undefined ? statement : { name, text: statement }, ...rest])
  }
  Object.assign(client, { query })
}
