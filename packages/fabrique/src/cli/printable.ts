/** Data is not trusted with the terminal: what controls it, or turns the direction of what follows, is shown as a sign. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
