import type { Flow } from '@fabrique/contract'

/** Whether a flow has all words of a text somewhere in its name, project, description or tags. */
export function matchesFlow({ project, name, definition: { description = '', tags } }: Flow, text: string): boolean {
  const all = [project, name, description, ...tags].join(' ').toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}
