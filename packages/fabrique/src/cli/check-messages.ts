import type { Language } from '@fabrique/contract'

const en = {
  notEvaluated: (reason: string) => `not evaluated: ${reason}`,
  severity: { critical: 'critical', warning: 'warning', info: 'info' },
  suiteLine: (suite: string, held: string, all: string) => `Suite ${suite}: ${held} of ${all} expectations hold`,
  severities: (critical: string, warning: string, info: string) =>
    `${critical} critical, ${warning} warnings, ${info} info`,
  unexpected: (count: string, all: string) => `${count} of ${all} rows`,
  found: (value: string) => `found ${value}`,
  as: (values: string) => `as ${values}`,
  noExpectations: 'no expectations',
  blocked: 'What follows is blocked',
  report: (address: string) => `Report: ${address}`,
  suite: 'Suite',
  expectations: 'Expectations',
  changed: 'Changed',
  by: 'By',
  noSuites: 'No suite is kept; what the project declares is the suite declared',
  kept: (suite: string, count: string) => `Suite ${suite} is kept, with ${count} expectations`,
  proposed: (count: string) => `${count} expectations fit this snapshot`,
  refExpected: 'PROJECT/DATASET, PROJECT/DATASET@REF or snap_… is expected',
  datasetExpected: 'PROJECT/DATASET is expected',
  notJson: (reason: string) => `not JSON: ${reason}`,
  noSuiteInFile: 'the JSON has no list of expectations',
  unreadable: (reason: string) => `cannot be read: ${reason}`,
}

const fr: typeof en = {
  notEvaluated: (reason) => `non évaluée : ${reason}`,
  severity: { critical: 'critique', warning: 'avertissement', info: 'info' },
  suiteLine: (suite, held, all) => `Suite ${suite} : ${held} attentes sur ${all} sont respectées`,
  severities: (critical, warning, info) => `${critical} critiques, ${warning} avertissements, ${info} infos`,
  unexpected: (count, all) => `${count} lignes sur ${all}`,
  found: (value) => `trouvé : ${value}`,
  as: (values) => `comme ${values}`,
  noExpectations: 'aucune attente',
  blocked: 'Ce qui vient après est bloqué',
  report: (address) => `Rapport : ${address}`,
  suite: 'Suite',
  expectations: 'Attentes',
  changed: 'Modifiée',
  by: 'Par',
  noSuites: 'Aucune suite n’est conservée ; ce que le projet déclare est la suite declared',
  kept: (suite, count) => `La suite ${suite} est conservée, avec ${count} attentes`,
  proposed: (count) => `${count} attentes conviennent à cet instantané`,
  refExpected: 'PROJET/JEU, PROJET/JEU@REF ou snap_… est attendu',
  datasetExpected: 'PROJET/JEU est attendu',
  notJson: (reason) => `pas du JSON : ${reason}`,
  noSuiteInFile: 'le JSON n’a pas de liste d’attentes',
  unreadable: (reason) => `ne peut pas être lu : ${reason}`,
}

/** Texts of the commands that check data and keep suites. */
export function checkMessages(language: Language): typeof en {
  return language === 'fr' ? fr : en
}
