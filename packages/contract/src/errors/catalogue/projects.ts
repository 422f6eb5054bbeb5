import type { ErrorSpec } from '../error-spec.js'

/** Configuration and projects. */
export const projectErrors = {
  config_invalid: {
    status: 400,
    exit: 2,
    en: 'Setting {key} from {origin} is not valid: {reason}',
    fr: 'Le réglage {key} venant de {origin} n’est pas valide : {reason}',
    hintEn: 'fabrique config lists every setting with its value, unit and origin',
    hintFr: 'fabrique config liste chaque réglage avec sa valeur, son unité et son origine',
  },
  config_unknown_key: {
    status: 400,
    exit: 2,
    en: 'Setting {key} from {origin} does not exist',
    fr: 'Le réglage {key} venant de {origin} n’existe pas',
    hintEn: 'The nearest known setting is {nearest}; fabrique config lists them all',
    hintFr: 'Le réglage connu le plus proche est {nearest} ; fabrique config les liste tous',
  },
  project_not_found: {
    status: 404,
    exit: 2,
    en: 'No project found: {where}',
    fr: 'Aucun projet trouvé : {where}',
    hintEn: 'A project is a folder with a file fabrique.config.ts; examples/iris is one',
    hintFr: 'Un projet est un dossier avec un fichier fabrique.config.ts ; examples/iris en est un',
    mlflow: 'RESOURCE_DOES_NOT_EXIST',
  },
  project_broken: {
    status: 422,
    exit: 2,
    en: 'The project file cannot be loaded, {location}: {reason}',
    fr: 'Le fichier du projet ne peut pas être chargé, {location} : {reason}',
    hintEn: 'Correct the file and start again; nothing was changed',
    hintFr: 'Corrigez le fichier et relancez ; rien n’a été modifié',
  },
  project_invalid: {
    status: 422,
    exit: 2,
    en: 'Project {project} is not valid at {field}: {reason}',
    fr: 'Le projet {project} n’est pas valide à {field} : {reason}',
    hintEn: 'Correct fabrique.config.ts and start again; nothing was changed',
    hintFr: 'Corrigez fabrique.config.ts et relancez ; rien n’a été modifié',
  },
  project_folder_not_empty: {
    status: 409,
    exit: 2,
    en: 'A new project does not go into {folder}: {entry} is there already',
    fr: 'Un nouveau projet ne va pas dans {folder} : {entry} s’y trouve déjà',
    hintEn: 'Name a folder that does not exist yet, or an empty one; nothing was written',
    hintFr: 'Nommez un dossier qui n’existe pas encore, ou un dossier vide ; rien n’a été écrit',
  },
  project_folder_not_writable: {
    status: 500,
    exit: 3,
    en: 'A new project cannot be written to {folder}: {reason}',
    fr: 'Impossible d’écrire un nouveau projet dans {folder} : {reason}',
    hintEn: 'Name a folder that this user may write to',
    hintFr: 'Nommez un dossier où cet utilisateur a le droit d’écrire',
  },
} as const satisfies Record<string, ErrorSpec>

/** What a project does not declare. */
export const declarationErrors = {
  model_not_declared: {
    status: 404,
    exit: 2,
    en: 'Project {project} declares no model {model}',
    fr: 'Le projet {project} ne déclare pas de modèle {model}',
    hintEn: 'Models are declared in fabrique.config.ts',
    hintFr: 'Les modèles sont déclarés dans fabrique.config.ts',
  },
} as const satisfies Record<string, ErrorSpec>
