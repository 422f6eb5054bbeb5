import type { Language } from '@fabrique/contract'
import { formatCount } from './format.js'
import { pluralOf } from './plural.js'

const inEnglish = pluralOf('en')
const inFrench = pluralOf('fr')

const en = {
  notEvaluated: (reason: string) => `not evaluated: ${reason}`,
  severity: { critical: 'critical', warning: 'warning', info: 'info' },
  suiteLine: (suite: string, held: number, all: number) =>
    `Suite ${suite}: ${formatCount(held, 'en')} of ${inEnglish(all, '# expectation', '# expectations')} ${inEnglish(held, 'holds', 'hold')}`,
  severities: (critical: number, warning: number, info: number) =>
    `${formatCount(critical, 'en')} critical, ${inEnglish(warning, '# warning', '# warnings')}, ${formatCount(info, 'en')} info`,
  unexpected: (count: number, all: number) => `${formatCount(count, 'en')} of ${inEnglish(all, '# row', '# rows')}`,
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
  kept: (suite: string, count: number) =>
    `Suite ${suite} is kept, with ${inEnglish(count, '# expectation', '# expectations')}`,
  proposed: (count: number) => inEnglish(count, '# expectation fits this snapshot', '# expectations fit this snapshot'),
  refExpected: 'PROJECT/DATASET, PROJECT/DATASET@REF or snap_… is expected',
  datasetExpected: 'PROJECT/DATASET is expected',
  notJson: (reason: string) => `not JSON: ${reason}`,
  noSuiteInFile: 'the JSON has no list of expectations',
  unreadable: (reason: string) => `cannot be read: ${reason}`,
}

const fr: typeof en = {
  notEvaluated: (reason) => `non évaluée : ${reason}`,
  severity: { critical: 'critique', warning: 'avertissement', info: 'info' },
  suiteLine: (suite, held, all) =>
    `Suite ${suite} : ${inFrench(held, '# attente', '# attentes')} sur ${formatCount(all, 'fr')} ${inFrench(held, 'est respectée', 'sont respectées')}`,
  severities: (critical, warning, info) =>
    [
      inFrench(critical, '# critique', '# critiques'),
      inFrench(warning, '# avertissement', '# avertissements'),
      inFrench(info, '# info', '# infos'),
    ].join(', '),
  unexpected: (count, all) => `${inFrench(count, '# ligne', '# lignes')} sur ${formatCount(all, 'fr')}`,
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
  kept: (suite, count) => `La suite ${suite} est conservée, avec ${inFrench(count, '# attente', '# attentes')}`,
  proposed: (count) =>
    inFrench(count, '# attente convient à cet instantané', '# attentes conviennent à cet instantané'),
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
