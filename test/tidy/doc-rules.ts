import { dirname, join, normalize } from 'node:path/posix'
import { asNode, asNodes, nameOf, stringOf, syntaxOf, visit } from './syntax.js'
import { type Finding, fileAt, lineOf, type Rule, type SourceFile } from './tree.js'
import { rootManifest, workspaceOf, workspacesOf } from './workspace.js'

const isDoc = ({ path }: SourceFile): boolean => path.endsWith('.md')

/** The text with code blocks and code spans blanked, so that offsets stay. */
function withoutCode(text: string): string {
  const blank = (code: string) => code.replace(/[^\n]/g, ' ')
  return text.replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, blank).replace(/`[^`\n]+`/g, blank)
}

/** The anchors of a document, as GitHub makes them from headings, and those written by hand. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  const prose = text.replace(/^(```|~~~)[\s\S]*?^\1.*$/gm, '')
  for (const [, title = ''] of prose.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replace(/ /g, '-')
    let anchor = slug
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`
    anchors.add(anchor)
  }
  for (const [, id = ''] of prose.matchAll(/<a\s+(?:id|name)="([^"]+)"/g)) anchors.add(id)
  return anchors
}

const linkForms = [/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/g, /^\[[^\]]+\]:\s+(\S+)/gm, /(?:href|src|srcset)="([^"\s]+)/g]

/** Links of documents to files and headings of the repository lead somewhere. */
export function deadLinks(paths: ReadonlySet<string>): Rule {
  return (files) =>
    files.filter(isDoc).flatMap((file) => {
      const prose = withoutCode(file.text)
      return linkForms.flatMap((form) =>
        [...prose.matchAll(form)].flatMap((match): Finding[] => {
          const target = decodeURI(match[1] ?? '')
          const problem = linkProblem(files, paths, file, target)
          return problem === undefined
            ? []
            : [{ path: file.path, line: lineOf(file.text, match.index), message: problem }]
        }),
      )
    })
}

function linkProblem(
  files: readonly SourceFile[],
  paths: ReadonlySet<string>,
  file: SourceFile,
  link: string,
): string | undefined {
  if (/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(link)) return undefined
  const [target = '', anchor = ''] = link.split('#', 2)
  const path = target === '' ? file.path : normalize(join(dirname(file.path), target)).replace(/\/$/, '')
  const isFolder = [...paths].some((known) => known.startsWith(`${path}/`))
  if (!paths.has(path) && !isFolder) return `link ${link} leads nowhere: there is no ${path}`
  if (anchor === '') return undefined
  const page = fileAt(files, isFolder ? `${path}/README.md` : path)
  return page !== undefined && isDoc(page) && !anchorsOf(page.text).has(anchor)
    ? `link ${link} leads nowhere: ${page.path} has no heading #${anchor}`
    : undefined
}

/** Commands that npm has without a script of that name. */
const npmCommands = new Set(['install', 'i', 'ci', 'start', 'test', 'run', 'exec', 'view', 'ls', 'pack', 'version'])

/** The verbs that the command line declares: the first word of each `.command('…')`. */
export function verbsOfCommandLine(file: SourceFile): ReadonlySet<string> {
  const verbs = new Set<string>()
  visit(syntaxOf(file), (node) => {
    const callee = asNode(node.callee)
    if (node.type !== 'CallExpression' || nameOf(callee?.property) !== 'command') return
    const name = stringOf(asNodes(node.arguments)[0])
    if (name !== undefined) verbs.add(name.split(' ')[0] ?? '')
  })
  return verbs
}

const codeParts = /^(```|~~~)[\s\S]*?^\1.*$|`[^`\n]+`/gm

/** No document names an npm script or a `fabrique` verb that does not exist. */
export const knownCommands: Rule = (files) => {
  const ofRoot = Object.keys(rootManifest(files)?.scripts ?? {})
  const workspaces = workspacesOf(files)
  const declares = /^packages\/fabrique\/src\/cli\/(main|[a-z-]+-commands)\.ts$/
  const verbs = new Set(
    files.filter(({ path }) => declares.test(path)).flatMap((file) => [...verbsOfCommandLine(file)]),
  )
  return files
    .filter((file) => isDoc(file) && !file.path.endsWith('CHANGELOG.md'))
    .flatMap((file) => {
      const found: Finding[] = []
      // A document of a package is read in its folder: its own scripts count as well.
      const scripts = new Set([...ofRoot, ...Object.keys(workspaceOf(workspaces, file.path)?.manifest.scripts ?? {})])
      for (const part of file.text.matchAll(codeParts)) {
        const say = (offset: number, message: string) =>
          found.push({ path: file.path, line: lineOf(file.text, part.index + offset), message })
        for (const match of part[0].matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)) {
          const [whole, name = ''] = match
          const isKnown = whole.startsWith('npm run') ? scripts.has(name) : npmCommands.has(name)
          const isMissing = /^npm (?:start|test)$/.test(whole) && !scripts.has(name)
          if (!isKnown || isMissing)
            say(match.index, `${whole} does not exist: package.json has ${[...scripts].join(', ')}`)
        }
        for (const match of part[0].matchAll(/(?<=^|[`\n]|npx )fabrique ([a-z][\w-]*)((?:\|[a-z]+)*)/g)) {
          const named = [match[1] ?? '', ...(match[2] ?? '').split('|').slice(1)]
          for (const verb of named.filter((name) => !verbs.has(name))) {
            say(match.index, `fabrique ${verb} does not exist: the command line has ${[...verbs].join(', ')}`)
          }
        }
      }
      return found
    })
}

const readmeLinesMax = 60

/** Each context says what it is for, in a README of at most 60 lines. */
export const contextReadmes: Rule = (files) => {
  const contexts = new Set(
    files.flatMap(({ path }) => /^(packages\/server\/src\/contexts\/[^/]+)\//.exec(path)?.[1] ?? []),
  )
  return [...contexts].flatMap((folder): Finding[] => {
    const path = `${folder}/README.md`
    const readme = fileAt(files, path)
    if (readme === undefined)
      return [{ path, line: 1, message: 'is missing: purpose, invariants, verbs, events, limits' }]
    const lines = readme.text.trimEnd().split('\n').length
    if (lines <= readmeLinesMax) return []
    return [{ path, line: readmeLinesMax + 1, message: `has ${lines} lines: at most ${readmeLinesMax}` }]
  })
}
