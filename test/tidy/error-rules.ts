import { isScript, isTestFile, stringOf, stringsOf, syntaxOf, visit } from './syntax.js'
import { type Finding, lineOf, type Rule, type SourceFile } from './tree.js'

/** One code of the catalogue, as the rules need it. */
export interface CatalogueEntry {
  readonly status: number
  readonly exit: number
  readonly en: string
  readonly fr: string
  readonly hintEn: string
  readonly hintFr: string
}
export type Catalogue = Readonly<Record<string, CatalogueEntry>>

const placeholders = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort()

/** Punctuation that French sets off with a narrow no-break space (U+202F), where a plain or no space stands instead. */
const wrongFrenchSpace = / [;:!?»]|« |[^\s\u202f\u00a0\d/?!:;]»|«[^\u202f\u00a0]|[\p{L}\p{N})}»]\u00a0?[;!?](?=\s|$)/u

/** What is wrong with the French typography of a text, or undefined. */
export function frenchTypography(text: string): string | undefined {
  const found = wrongFrenchSpace.exec(text)
  if (found !== null)
    return `"${text.slice(Math.max(0, found.index - 12), found.index + 6)}": put U+202F before ; : ! ? » and after «`
  return text.includes("'") && /\p{L}'\p{L}/u.test(text) ? `"${text}": use the apostrophe ’` : undefined
}

function problemsOf(code: string, spec: CatalogueEntry): readonly string[] {
  const found: string[] = []
  if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code)) found.push('the code is not snake_case')
  if (spec.status < 400 || spec.status > 599) found.push(`status ${spec.status} is not an error`)
  for (const member of ['en', 'fr', 'hintEn', 'hintFr'] as const) {
    const text = spec[member]
    if (text.trim() === '') found.push(`${member} is empty: write it`)
    if (/[.\s]$/.test(text)) found.push(`${member} ends with a period or a space: leave it out`)
    // A text may begin with a value, or with the name of a command.
    if (/^\p{Ll}/u.test(text) && !text.startsWith('fabrique ')) found.push(`${member} begins with a small letter`)
  }
  const said = placeholders(spec.en)
  if (said.join() !== placeholders(spec.fr).join()) {
    found.push(`fr names {${placeholders(spec.fr).join()}} and en {${said.join()}}: name the same values`)
  }
  if (placeholders(spec.hintEn).join() !== placeholders(spec.hintFr).join()) {
    found.push('hintFr names other values than hintEn: name the same')
  }
  for (const member of ['fr', 'hintFr'] as const) {
    const typography = frenchTypography(spec[member])
    if (typography !== undefined) found.push(`${member} ${typography}`)
  }
  return found
}

/** The folder of the catalogue: a file for each context. */
export const catalogueFolder = 'packages/contract/src/errors/catalogue/'
const limitsFolder = 'packages/server/src/kernel/limits/'

/** The file and the line where a code stands. */
function placeOfCode(files: readonly SourceFile[], code: string): { readonly path: string; readonly line: number } {
  for (const { path, text } of files) {
    if (!path.startsWith(catalogueFolder)) continue
    const index = text.indexOf(`\n  ${code}: {`)
    if (index !== -1) return { path, line: lineOf(text, index + 1) }
  }
  return { path: catalogueFolder, line: 1 }
}

/** Each code and each limit stands once: of two entries that are joined, the later would silently replace the earlier. */
export const entriesOnce: Rule = (files) =>
  [catalogueFolder, limitsFolder].flatMap((folder) => {
    const first = new Map<string, string>()
    return files
      .filter(({ path }) => path.startsWith(folder))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/^ {2}'?([\w.]+)'?: \{/gm)].flatMap(({ 1: name = '', index }) => {
          const place = `${path}:${lineOf(text, index)}`
          const earlier = first.get(name)
          if (earlier === undefined) {
            first.set(name, place)
            return []
          }
          return [{ path, line: lineOf(text, index), message: `${name} stands in ${earlier} already: keep one` }]
        }),
      )
  })

/** Each code has texts in both languages that name the same values, and reads like the others. */
export function catalogueTexts(catalogue: Catalogue, files: readonly SourceFile[]): readonly Finding[] {
  return Object.entries(catalogue).flatMap(([code, spec]) =>
    problemsOf(code, spec).map((problem) => ({ ...placeOfCode(files, code), message: `${code}: ${problem}` })),
  )
}

/** Each code is thrown or told somewhere: an unused one is a promise that nobody keeps. */
export function codesAreUsed(catalogue: Catalogue, files: readonly SourceFile[]): readonly Finding[] {
  const used = new Set<string>()
  for (const file of files) {
    if (!isScript(file) || isTestFile(file) || file.path.startsWith(catalogueFolder)) continue
    if (!/^packages\/(?:contract|ml|server|fabrique)\/src\//.test(file.path)) continue
    for (const text of stringsOf(file)) used.add(text)
  }
  return Object.keys(catalogue)
    .filter((code) => !used.has(code))
    .map((code) => ({
      ...placeOfCode(files, code),
      message: `${code} is used nowhere: remove it, or throw it where it belongs`,
    }))
}

/** Catalogues of French texts outside the error catalogue. */
const isFrenchFile = (path: string): boolean =>
  path === 'packages/fabrique/src/cli/messages.ts' || (path.startsWith('packages/web/src/') && path.endsWith('/fr.ts'))

/** French texts keep French typography. */
export const frenchTexts: Rule = (files) =>
  files
    .filter(({ path }) => isFrenchFile(path))
    .flatMap((file) => {
      const found: Finding[] = []
      visit(syntaxOf(file), (node) => {
        const cooked = node.type === 'TemplateElement' ? (node.value as { readonly cooked?: string }).cooked : undefined
        const text = cooked ?? (node.type === 'Literal' ? stringOf(node) : undefined)
        // English has no space before these signs, so the English half of a file passes as well.
        const problem = text === undefined ? null : / [;:!?»]|« /.exec(text)
        if (problem === null) return
        found.push({
          path: file.path,
          line: lineOf(file.text, node.start),
          message: `"${text}": put a narrow no-break space (U+202F) there instead of a plain one`,
        })
      })
      return found
    })
