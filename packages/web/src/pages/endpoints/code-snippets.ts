import type { Json } from '@fabrique/contract'
import { pythonRow } from '../models/load-snippets.js'

/** The call of a model in three languages, with a row filled in. */
export function codeSnippets(address: string, row: Readonly<Record<string, Json>>) {
  const json = JSON.stringify({ features: [row] })
  return {
    curl: `curl ${address} \\
  -H 'content-type: application/json' \\
  -d '${json.replaceAll("'", "'\\''")}'`,
    python: `import requests

row = ${pythonRow(row)}
reply = requests.post("${address}", json={"features": [row]}, timeout=10)
reply.raise_for_status()
print(reply.json())`,
    typescript: `const row = ${JSON.stringify(row, null, 2)}
const reply = await fetch('${address}', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ features: [row] }),
})
if (!reply.ok) throw new Error((await reply.json()).detail)
const { predictions } = await reply.json()
console.log(predictions[0])`,
  }
}
