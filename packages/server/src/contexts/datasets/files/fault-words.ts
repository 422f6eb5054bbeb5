import type { WordedReason } from '../ingest-notes.js'

/** The words of each fault of a file; what stands in the place of a dot is kept. */
const words: readonly (readonly [english: RegExp, french: string])[] = [
  [/^it is too long$/, 'il est trop long'],
  [/^it is not UTF-8$/, 'il n’est pas en UTF-8'],
  [/^it has a NUL$/, 'il a un caractère NUL'],
  [/^it has a backslash$/, 'il a une barre oblique inverse'],
  [/^it names a drive$/, 'il nomme un lecteur'],
  [/^it is not a plain relative path$/, 'ce n’est pas un simple chemin relatif'],
  [/^it is not a plain file$/, 'ce n’est pas un fichier ordinaire'],
  [/^it changed while it was read$/, 'il a changé pendant sa lecture'],
  [/^it cannot be opened \((.*)\)$/s, 'il ne peut pas être ouvert ($1)'],
  [/^it cannot be read \((.*)\)$/s, 'il ne peut pas être lu ($1)'],
  [/^it is a symbolic link$/, 'c’est un lien symbolique'],
  [/^it is a symbolic link to nothing$/, 'c’est un lien symbolique vers rien'],
  [/^it is a symbolic link to a folder$/, 'c’est un lien symbolique vers un dossier'],
  [/^it is a symbolic link that leads out of the folder$/, 'c’est un lien symbolique qui sort du dossier'],
  [/^it is no image that can be read: (.*)$/s, 'ce n’est pas une image lisible\u202f: $1'],
  [/^(\S*) is no raster image$/, '$1 n’est pas une image matricielle'],
  [/^it is a (\S+)$/, 'son type est $1'],
]

/** A fault of a file in both languages. */
export function wordedFault(fault: string): WordedReason {
  const [english, french] = words.find(([known]) => known.test(fault)) ?? []
  if (english === undefined || french === undefined) return { reason: fault }
  return { reason: fault, reason_fr: fault.replace(english, french) }
}
