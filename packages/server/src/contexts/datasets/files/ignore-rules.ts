/** One line of an ignore file. */
interface IgnoreRule {
  readonly pattern: RegExp
  readonly isNegated: boolean
  readonly onlyFolders: boolean
}

/** Names of files that tell which others to leave out, in the simple form of .gitignore. */
export const ignoreFileNames: readonly string[] = ['.fabriqueignore', '.dvcignore']

/** Folders of tools that are never data. */
const alwaysIgnored: ReadonlySet<string> = new Set(['.git', '.dvc', '.fabrique'])

/** The rules of one ignore file; paths are relative to its folder. */
export interface IgnoreRules {
  /** Whether a path is left out; undefined where no rule speaks of it. The last rule that does decides. */
  decide(path: string, isFolder: boolean): boolean | undefined
}

/** True for the folder of a tool, as `.git`. */
export function isToolFolder(name: string): boolean {
  return alwaysIgnored.has(name)
}

/** Reads an ignore file: `#` comments, `!` takes back, `/` at the end for folders, `*`, `?`, `[…]` and `**`. */
export function parseIgnoreRules(text: string): IgnoreRules {
  const rules = text
    .split(/\r?\n/)
    .map(parseRule)
    .filter((rule) => rule !== undefined)
  return {
    decide(path, isFolder) {
      const last = rules.findLast((rule) => (isFolder || !rule.onlyFolders) && rule.pattern.test(path))
      return last === undefined ? undefined : !last.isNegated
    },
  }
}

function parseRule(line: string): IgnoreRule | undefined {
  let text = line.replace(/(?<!\\)\s+$/, '')
  if (text === '' || text.startsWith('#')) return undefined
  const isNegated = text.startsWith('!')
  if (isNegated) text = text.slice(1)
  const onlyFolders = text.endsWith('/')
  if (onlyFolders) text = text.slice(0, -1)
  // A slash anywhere but at the end ties the pattern to the folder of the ignore file.
  const isAnchored = text.includes('/')
  const body = toExpression(text.replace(/^\//, ''))
  return { pattern: new RegExp(`^${isAnchored ? '' : '(?:.*/)?'}${body}$`, 's'), isNegated, onlyFolders }
}

function toExpression(glob: string): string {
  let expression = ''
  for (let at = 0; at < glob.length; ) {
    const rest = glob.slice(at)
    const set = /^\[(!?)((?:[^\]\\]|\\.)+)\]/.exec(rest)
    if (rest.startsWith('**/')) {
      expression += '(?:.*/)?'
      at += 3
    } else if (rest.startsWith('**')) {
      expression += '.*'
      at += 2
    } else if (rest.startsWith('*')) {
      expression += '[^/]*'
      at += 1
    } else if (rest.startsWith('?')) {
      expression += '[^/]'
      at += 1
    } else if (set !== null) {
      expression += `[${set[1] === '!' ? '^' : ''}${(set[2] ?? '').replace(/[\\[\]^]/g, '\\$&')}]`
      at += set[0].length
    } else {
      const isEscaped = rest.startsWith('\\') && rest.length > 1
      expression += rest.charAt(isEscaped ? 1 : 0).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
      at += isEscaped ? 2 : 1
    }
  }
  return expression
}
