import type { ErrorSpec } from '../error-spec.js'

/** Imports from other programs. */
export const importErrors = {
  import_source_invalid: {
    status: 400,
    exit: 2,
    en: 'Nothing can be imported from {source}: {reason}',
    fr: 'Rien ne peut être importé de {source} : {reason}',
    hintEn: 'Name a SQLite file, a postgresql:// address or an mlruns folder of MLflow',
    hintFr: 'Indiquez un fichier SQLite, une adresse postgresql:// ou un dossier mlruns de MLflow',
  },
} as const satisfies Record<string, ErrorSpec>
