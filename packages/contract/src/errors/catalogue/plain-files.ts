import type { ErrorSpec } from '../error-spec.js'

/** Files that a command is given. */
export const plainFileErrors = {
  file_not_found: {
    status: 404,
    exit: 2,
    en: 'File {path} does not exist',
    fr: 'Le fichier {path} n’existe pas',
    hintEn: 'Paths are relative to the current folder',
    hintFr: 'Les chemins sont relatifs au dossier courant',
  },
  file_unreadable: {
    status: 422,
    exit: 3,
    en: 'File {path} cannot be read: {reason}',
    fr: 'Le fichier {path} ne peut pas être lu : {reason}',
    hintEn: 'Check that it is a complete file of the format that its name says',
    hintFr: 'Vérifiez que c’est un fichier complet, du format que son nom annonce',
  },
  file_not_written: {
    status: 500,
    exit: 3,
    en: 'File {path} cannot be written: {reason}',
    fr: 'Le fichier {path} ne peut pas être écrit : {reason}',
    hintEn: 'Give a place that exists and may be written to',
    hintFr: 'Donnez un emplacement qui existe et où l’écriture est permise',
  },
  file_format_unknown: {
    status: 422,
    exit: 2,
    en: 'The format of file {path} is not known by its name',
    fr: 'Le format du fichier {path} n’est pas reconnu à son nom',
    hintEn: 'CSV, TSV, Parquet, JSON and NDJSON are read; CSV and JSON also as .gz or .zst',
    hintFr: 'CSV, TSV, Parquet, JSON et NDJSON sont lus ; CSV et JSON aussi en .gz ou .zst',
  },
} as const satisfies Record<string, ErrorSpec>
