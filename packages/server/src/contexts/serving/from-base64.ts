/** The whole of a text of base64: a search for padding at its end would take the square of the time on very many `=`. */
const base64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Bytes of base64 text; undefined where it is none, of which Node would leave something out without a word. */
export function fromBase64(text: string): Buffer | undefined {
  if (!base64.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64')
  return unpadded(bytes.toString('base64')) === unpadded(text) ? bytes : undefined
}

const unpadded = (text: string) => text.slice(0, text.endsWith('==') ? -2 : text.endsWith('=') ? -1 : undefined)
