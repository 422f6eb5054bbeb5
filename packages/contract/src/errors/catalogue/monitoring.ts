import type { ErrorSpec } from '../error-spec.js'

/** Monitors, their reports and findings. */
export const monitoringErrors = {
  monitor_not_found: {
    status: 404,
    exit: 2,
    en: 'Monitor {monitor} does not exist',
    fr: 'Le moniteur {monitor} n’existe pas',
    hintEn: 'fabrique monitor ls lists the monitors',
    hintFr: 'fabrique monitor ls liste les moniteurs',
  },
  monitor_exists: {
    status: 409,
    exit: 2,
    en: 'Monitor {monitor} exists already, in project {project}',
    fr: 'Le moniteur {monitor} existe déjà, dans le projet {project}',
    hintEn: 'Names of monitors are unique on a server: choose another one',
    hintFr: 'Le nom d’un moniteur est unique sur un serveur : choisissez-en un autre',
  },
  monitor_declared: {
    status: 409,
    exit: 2,
    en: 'Monitor {monitor} is declared by project {project}',
    fr: 'Le moniteur {monitor} est déclaré par le projet {project}',
    hintEn: 'Change it in fabrique.config.ts; here it can be switched off',
    hintFr: 'Changez-le dans fabrique.config.ts ; ici il peut être désactivé',
  },
  monitors_too_many: {
    status: 409,
    exit: 2,
    en: 'There are {count} monitors, which is the most',
    fr: 'Il y a {count} moniteurs, ce qui est le maximum',
    hintEn: 'Delete one that is not needed any more',
    hintFr: 'Supprimez-en un qui ne sert plus',
  },
  monitor_reference_missing: {
    status: 409,
    exit: 2,
    en: 'There is nothing to compare with: {reason}',
    fr: 'Il n’y a rien à quoi comparer : {reason}',
    hintEn: 'Choose another reference: a snapshot, or a past window of predictions',
    hintFr: 'Choisissez une autre référence : un instantané, ou une période passée de prédictions',
  },
  drift_report_not_found: {
    status: 404,
    exit: 2,
    en: 'Drift report {report} does not exist',
    fr: 'Le rapport de dérive {report} n’existe pas',
    hintEn: 'fabrique drift ls lists the reports; a monitor keeps its newest ones',
    hintFr: 'fabrique drift ls liste les rapports ; un moniteur garde les plus récents',
  },
  finding_not_found: {
    status: 404,
    exit: 2,
    en: 'Finding {finding} does not exist',
    fr: 'Le constat {finding} n’existe pas',
    hintEn: 'GET /api/v1/findings lists them',
    hintFr: 'GET /api/v1/findings les liste',
  },
  finding_resolved: {
    status: 409,
    exit: 2,
    en: 'Finding {finding} is resolved already, by {by}',
    fr: 'Le constat {finding} est déjà résolu, par {by}',
    hintEn: 'What is found again opens another one',
    hintFr: 'Ce qui est constaté de nouveau en ouvre un autre',
  },
} as const satisfies Record<string, ErrorSpec>
