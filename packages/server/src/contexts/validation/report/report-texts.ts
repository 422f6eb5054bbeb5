import type { Language, Severity } from '@fabrique/contract'

const en = {
  title: (dataset: string) => `Validation of ${dataset}`,
  verdict: {
    passed: 'Everything holds',
    warned: 'Holds, with warnings',
    blocked: 'Blocked',
    empty: 'Nothing was expected',
  },
  verdictText: {
    passed: (all: string) => `All ${all} expectations hold.`,
    warned: (failed: string, all: string) => `${failed} of ${all} expectations do not hold; none of them is critical.`,
    blocked: (critical: string, all: string) =>
      `${critical} of ${all} expectations are critical and do not hold: what follows is blocked.`,
    blind: (critical: string, all: string) =>
      `${critical} of ${all} expectations are critical and do not hold, or could not be evaluated: what follows is blocked.`,
    empty: 'The suite has no expectations.',
  },
  dataset: 'Dataset',
  project: 'Project',
  snapshot: 'Snapshot',
  content: 'Content',
  rows: 'Rows',
  suite: 'Suite',
  checked: 'Checked',
  suites: { declared: 'declared by the project', sent: 'sent to be checked once' } as Readonly<Record<string, string>>,
  hold: 'hold',
  severity: { critical: 'critical', warning: 'warning', info: 'info' } satisfies Record<Severity, string>,
  doNotHold: { critical: 'critical', warning: 'warnings', info: 'info' } satisfies Record<Severity, string>,
  notEvaluated: 'not evaluated',
  wasNotEvaluated: 'not evaluated',
  none: (all: string) => `none of ${all} rows`,
  failing: 'What does not hold',
  holding: 'What holds',
  unexpected: (count: string, all: string, share: string) => `${count} of ${all} rows (${share})`,
  found: 'Found',
  values: 'First values found',
  because: 'Could not be evaluated',
  notes: 'Why it is expected',
  missing: (count: string) => `${count} without a value`,
  expectation: 'Expectation',
  observed: 'Found',
  history: 'Snapshots',
  historyOf: (passed: number, all: number) => `${passed} of ${all} snapshots passed, the newest to the right`,
  missingValue: 'no value',
  leftOut: (failing: string, holding: string) =>
    `Left out to keep this page small: ${failing} that do not hold, ${holding} that hold. All of them stand in the result on the server.`,
  shortened: (count: string) => `The last ${count} that do not hold are shown on one line each.`,
  legend: 'Each bar is a snapshot: low holds, high does not hold, hollow was not evaluated.',
  made: (version: string, at: string) => `Written by Fabrique ${version} on ${at}. Times are in UTC.`,
  allRows: 'all rows',
}

const fr: typeof en = {
  title: (dataset) => `Validation de ${dataset}`,
  verdict: {
    passed: 'Tout est respecté',
    warned: 'Respecté, avec des avertissements',
    blocked: 'Bloqué',
    empty: 'Rien n’était attendu',
  },
  verdictText: {
    passed: (all) => `Les ${all} attentes sont respectées.`,
    warned: (failed, all) => `Attentes non respectées : ${failed} sur ${all} ; aucune n’est critique.`,
    blocked: (critical, all) =>
      `Attentes critiques non respectées : ${critical} sur ${all}. Ce qui vient après est bloqué.`,
    blind: (critical, all) =>
      `Attentes critiques non respectées ou qui n’ont pas pu être évaluées : ${critical} sur ${all}. Ce qui vient après est bloqué.`,
    empty: 'La suite n’a pas d’attentes.',
  },
  dataset: 'Jeu de données',
  project: 'Projet',
  snapshot: 'Instantané',
  content: 'Contenu',
  rows: 'Lignes',
  suite: 'Suite',
  checked: 'Contrôlé',
  suites: { declared: 'déclarée par le projet', sent: 'envoyée pour un seul contrôle' },
  hold: 'respectées',
  severity: { critical: 'critique', warning: 'avertissement', info: 'info' },
  doNotHold: { critical: 'critiques', warning: 'avertissements', info: 'infos' },
  notEvaluated: 'non évaluées',
  wasNotEvaluated: 'non évaluée',
  none: (all) => `aucune des ${all} lignes`,
  failing: 'Ce qui n’est pas respecté',
  holding: 'Ce qui est respecté',
  unexpected: (count, all, share) => `${count} sur ${all} lignes (${share})`,
  found: 'Trouvé',
  values: 'Premières valeurs trouvées',
  because: 'N’a pas pu être évaluée',
  notes: 'Pourquoi elle est attendue',
  missing: (count) => `${count} sans valeur`,
  expectation: 'Attente',
  observed: 'Trouvé',
  history: 'Instantanés',
  historyOf: (passed, all) => `${passed} instantanés sur ${all} respectent, le plus récent à droite`,
  missingValue: 'sans valeur',
  leftOut: (failing, holding) =>
    `Laissées de côté pour que la page reste légère : ${failing} non respectées, ${holding} respectées. Toutes figurent dans le résultat sur le serveur.`,
  shortened: (count) => `Les ${count} dernières non respectées tiennent sur une ligne chacune.`,
  legend: 'Chaque barre est un instantané : basse, respecté ; haute, non respecté ; creuse, non évalué.',
  made: (version, at) => `Écrit par Fabrique ${version} le ${at}. Les heures sont en UTC.`,
  allRows: 'toutes les lignes',
}

export type ReportTexts = typeof en

export function reportTexts(language: Language): ReportTexts {
  return language === 'fr' ? fr : en
}
