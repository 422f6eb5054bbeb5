import { readdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'

/** True when a text is a pattern and not the path of one file. */
export function isPattern(path: string): boolean {
  return /[*?[\]{}]/.test(path)
}

const escaped = (text: string) => text.replace(/[.+^$()|\\/]/g, '\\$&')

/** Alternatives `{a,b}` written out, nested ones included. */
function alternativesOf(pattern: string): readonly string[] {
  const open = pattern.indexOf('{')
  if (open < 0) return [pattern]
  let depth = 0
  let start = open + 1
  const parts: string[] = []
  for (let at = open; at < pattern.length; at += 1) {
    const letter = pattern[at]
    if (letter === '{') depth += 1
    if (letter === '}') depth -= 1
    const ends = depth === 0 && letter === '}'
    if (ends || (depth === 1 && letter === ',')) {
      parts.push(pattern.slice(start, at))
      start = at + 1
    }
    if (!ends) continue
    const [head, tail] = [pattern.slice(0, open), pattern.slice(at + 1)]
    return parts.flatMap((part) => alternativesOf(`${head}${part}${tail}`))
  }
  // A brace that is not closed stands for itself.
  return [pattern]
}

/** The expression for one name of a path: `*`, `?` and `[a-z]`, `[!a-z]`. */
function nameExpression(segment: string): RegExp {
  let text = ''
  for (let at = 0; at < segment.length; at += 1) {
    const letter = segment[at] ?? ''
    const set = letter === '[' ? /^\[([!^]?)([^\]]+)\]/.exec(segment.slice(at)) : null
    if (set !== null) {
      text += `[${set[1] === '' ? '' : '^'}${(set[2] ?? '').replace(/[\\[\]^]/g, '\\$&')}]`
      at += set[0].length - 1
    } else
      text +=
        letter === '*'
          ? '.*'
          : letter === '?'
            ? '.'
            : letter === '{' || letter === '}'
              ? `\\${letter}`
              : escaped(letter)
  }
  return new RegExp(`^${text}$`, 'u')
}

/** Most folders that one pattern may look into. */
const foldersMax = 100_000

/**
 * The files that a pattern names, sorted: `*`, `?`, `[a-z]`, `{a,b}` within a name and `**` over folders. Symbolic links are
 * followed; names that begin with a dot are found only where the pattern says so. Paths are relative as the pattern is.
 */
export async function findFiles(folder: string, pattern: string): Promise<readonly string[]> {
  const found = new Set<string>()
  let folders = 0
  const walk = async (path: string, segments: readonly string[]): Promise<void> => {
    const [segment, ...rest] = segments
    if (segment === undefined) return
    if (segment === '**') {
      await walk(path, rest.length === 0 ? ['*'] : rest)
      for (const name of await namesIn(path, (entry) => !entry.startsWith('.'))) {
        // A folder that is a link is not entered here: it may lead back to where it stands.
        if (name.isDirectory) await walk(join(path, name.name), segments)
      }
      return
    }
    if (!isPattern(segment)) {
      const next = join(path, segment)
      if (rest.length > 0) await walk(next, rest)
      else if ((await stat(next).catch(() => undefined))?.isFile() === true) found.add(next)
      return
    }
    const expression = nameExpression(segment)
    const matches = (entry: string) => expression.test(entry) && (segment.startsWith('.') || !entry.startsWith('.'))
    for (const name of await namesIn(path, matches)) {
      const next = join(path, name.name)
      if (rest.length > 0) await walk(next, rest)
      else if ((await stat(next).catch(() => undefined))?.isFile() === true) found.add(next)
    }
  }
  const namesIn = async (path: string, matches: (name: string) => boolean) => {
    folders += 1
    if (folders > foldersMax) throw new Error(`The pattern looks into more than ${foldersMax} folders`)
    const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
    return entries
      .filter(({ name }) => matches(name))
      .map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }))
  }
  for (const one of alternativesOf(pattern)) {
    const root = isAbsolute(one) ? '/' : folder
    await walk(
      root,
      one.split('/').filter((segment) => segment !== '' && segment !== '.'),
    )
  }
  const shown = (path: string) => (isAbsolute(pattern) ? path : relative(folder, path))
  return [...found].map(shown).sort((left, right) => (left < right ? -1 : 1))
}

/** The folder that has to be there for a path or pattern to find anything. */
export function fixedFolder(folder: string, pattern: string): string {
  const fixed: string[] = []
  for (const segment of pattern.split('/')) {
    if (isPattern(segment)) break
    fixed.push(segment)
  }
  return isPattern(pattern) ? resolve(folder, fixed.join('/') || '.') : dirname(resolve(folder, pattern))
}
