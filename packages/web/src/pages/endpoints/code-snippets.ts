import type { Json, ModelSignature } from '@fabrique/contract'
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

/** What an image is called where none was chosen. */
const someImage = 'image.jpg'

/** The same of a model of images, whose files go in a form. */
export function formSnippets(address: string, row: Readonly<Record<string, Json>>, { features }: ModelSignature) {
  const fields = features.map(({ name, type }) => {
    const value = row[name] ?? ''
    const isImage = type === 'image'
    return { name, isImage, text: isImage && typeof value !== 'string' ? someImage : String(value) }
  })
  const images = fields.filter(({ isImage }) => isImage)
  const texts = fields.filter(({ isImage }) => !isImage)
  const quoted = (text: string) => JSON.stringify(text)
  const shellWord = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  // A comma or a semicolon would end the name of a file.
  const shellFile = (text: string) => `@"${text.replaceAll(/["\\]/g, '\\$&')}"`
  const lines = (parts: readonly string[]) => parts.join('\n')
  return {
    curl: [
      `curl ${address}`,
      ...fields.map(({ name, isImage, text }) => `  -F ${shellWord(`${name}=${isImage ? shellFile(text) : text}`)}`),
    ].join(' \\\n'),
    python: lines([
      'import requests',
      '',
      ...images.map(({ text }, at) => `${fileName(at)} = open(${quoted(text)}, "rb")`),
      'reply = requests.post(',
      `    "${address}",`,
      `    files={${images.map(({ name }, at) => `${quoted(name)}: ${fileName(at)}`).join(', ')}},`,
      ...(texts.length === 0
        ? []
        : [`    data={${texts.map(({ name, text }) => `${quoted(name)}: ${quoted(text)}`).join(', ')}},`]),
      '    timeout=10,',
      ')',
      'reply.raise_for_status()',
      'print(reply.json())',
    ]),
    typescript: lines([
      "import { openAsBlob } from 'node:fs'",
      '',
      'const form = new FormData()',
      ...fields.map(({ name, isImage, text }) =>
        isImage
          ? `form.append(${quoted(name)}, await openAsBlob(${quoted(text)}))`
          : `form.append(${quoted(name)}, ${quoted(text)})`,
      ),
      `const reply = await fetch('${address}', { method: 'POST', body: form })`,
      'if (!reply.ok) throw new Error((await reply.json()).detail)',
      'console.log(await reply.json())',
    ]),
  }
}

const fileName = (at: number) => (at === 0 ? 'image' : `image_${at + 1}`)
