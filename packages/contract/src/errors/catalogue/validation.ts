import type { ErrorSpec } from '../error-spec.js'

/** Expectations as they are written. */
export const expectationErrors = {
  expectation_unknown: {
    status: 400,
    exit: 2,
    en: 'There is no expectation of the type {type}',
    fr: 'Il n’existe pas d’attente de type {type}',
    hintEn: 'Every type is listed in docs/expectations.md; both expect_… and Expect… are understood',
    hintFr: 'Tous les types sont dans docs/expectations.md ; expect_… et Expect… sont compris',
  },
  expectation_invalid: {
    status: 400,
    exit: 2,
    en: 'Argument {argument} of {type} is not valid: {reason}',
    fr: 'L’argument {argument} de {type} n’est pas valide : {reason}',
    hintEn: 'The arguments of each type are listed in docs/expectations.md',
    hintFr: 'Les arguments de chaque type sont dans docs/expectations.md',
  },
} as const satisfies Record<string, ErrorSpec>

/** Validations and suites. */
export const validationErrors = {
  expectations_failed: {
    status: 422,
    exit: 1,
    en: 'Snapshot {snapshot} of dataset {dataset} fails {failed} of {evaluated} checks: {first}',
    fr: 'L’instantané {snapshot} du jeu de données {dataset} échoue à {failed} des {evaluated} contrôles : {first}',
    hintEn: 'Correct the data, or the expectations in fabrique.config.ts; no model was trained on it',
    hintFr: 'Corrigez les données, ou les attentes dans fabrique.config.ts ; aucun modèle n’a été entraîné dessus',
  },
  validation_not_found: {
    status: 404,
    exit: 2,
    en: 'Validation {validation} does not exist',
    fr: 'La validation {validation} n’existe pas',
    hintEn: 'The page of the dataset lists its validations; the oldest are dropped when there are very many',
    hintFr: 'La page du jeu de données liste ses validations ; les plus anciennes sont retirées quand il y en a trop',
  },
  suite_not_found: {
    status: 404,
    exit: 2,
    en: 'Dataset {dataset} of project {project} has no suite {suite}',
    fr: 'Le jeu de données {dataset} du projet {project} n’a pas de suite {suite}',
    hintEn: 'fabrique data suite ls lists its suites; declared is that of the project',
    hintFr: 'fabrique data suite ls liste ses suites ; declared est celle du projet',
  },
  suite_invalid: {
    status: 422,
    exit: 2,
    en: 'Expectation {place} of the suite cannot be taken: {reason}',
    fr: 'L’attente {place} de la suite ne peut pas être reprise : {reason}',
    hintEn: 'Each expectation has a type and kwargs, as in the JSON of Great Expectations',
    hintFr: 'Chaque attente a un type et des kwargs, comme dans le JSON de Great Expectations',
  },
  suite_name_reserved: {
    status: 409,
    exit: 2,
    en: 'The name {suite} is taken: it is not that of a suite that is kept',
    fr: 'Le nom {suite} est pris : ce n’est pas celui d’une suite conservée',
    hintEn: 'Choose another name; what a project declares is changed in fabrique.config.ts',
    hintFr: 'Choisissez un autre nom ; ce qu’un projet déclare se change dans fabrique.config.ts',
  },
  suite_too_large: {
    status: 413,
    exit: 2,
    en: 'Suite {suite} has {bytes} bytes, more than the limit of {limit_bytes}',
    fr: 'La suite {suite} compte {bytes} octets, plus que la limite de {limit_bytes}',
    hintEn: 'Split it, or shorten its sets of values',
    hintFr: 'Divisez-la, ou raccourcissez ses ensembles de valeurs',
  },
  suites_too_many: {
    status: 409,
    exit: 2,
    en: 'Dataset {dataset} has {limit} suites already',
    fr: 'Le jeu de données {dataset} a déjà {limit} suites',
    hintEn: 'Remove one that is not needed, or join two',
    hintFr: 'Supprimez-en une qui ne sert plus, ou réunissez-en deux',
  },
} as const satisfies Record<string, ErrorSpec>
