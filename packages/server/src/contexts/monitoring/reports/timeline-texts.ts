import type { Language, MonitorSeverity, ReportAction } from '@fabrique/contract'

interface TimelineTexts {
  readonly severities: Readonly<Record<MonitorSeverity, string>>
  readonly findingOpened: (severity: string) => string
  readonly findingAcknowledged: string
  readonly findingResolved: string
  readonly actions: Readonly<Record<ReportAction['do'], (flow: string, version: string) => string>>
  readonly refused: (what: string) => string
  readonly monitorChanged: (monitor: string, change: string) => string
  readonly rollout: (change: string) => string
  readonly versionRegistered: (model: string, version: string) => string
  readonly aliasMoved: (alias: string, version: string) => string
  readonly aliasRemoved: (alias: string) => string
  readonly snapshot: (dataset: string, rows: number) => string
  readonly flowAsked: (flow: string) => string
  readonly flowEnded: (flow: string, isWell: boolean) => string
}

const changes = {
  en: {
    created: 'was made',
    changed: 'was changed',
    removed: 'is not declared any more',
    switched_on: 'was switched on',
    switched_off: 'was switched off',
    deleted: 'was deleted',
  },
  fr: {
    created: 'créé',
    changed: 'modifié',
    removed: 'n’est plus déclaré',
    switched_on: 'activé',
    switched_off: 'désactivé',
    deleted: 'supprimé',
  },
} satisfies Readonly<Record<Language, Readonly<Record<string, string>>>>

const changed = (language: Language, change: string): string =>
  (changes[language] as Readonly<Record<string, string>>)[change] ?? change

const en: TimelineTexts = {
  severities: { warning: 'warning', alarm: 'alarm' },
  findingOpened: (severity) => `Finding opened: ${severity}`,
  findingAcknowledged: 'Finding acknowledged',
  findingResolved: 'Finding resolved',
  actions: {
    alert: () => 'Alert sent',
    finding: () => 'Finding opened',
    flow: (flow) => `Flow ${flow} started`,
    block_promotion: () => 'Promotions blocked',
    roll_back: (_, version) => (version === '' ? 'Champion rolled back' : `Champion rolled back to version ${version}`),
  },
  refused: (what) => `Refused: ${what}`,
  monitorChanged: (monitor, change) => `Monitor ${monitor} ${changed('en', change)}`,
  rollout: (change) => `Roll-out: ${change}`,
  versionRegistered: (model, version) => `Version ${version} of ${model} registered`,
  aliasMoved: (alias, version) => `Version ${version} is ${alias}`,
  aliasRemoved: (alias) => `${alias} was removed`,
  snapshot: (dataset, rows) => `New snapshot of ${dataset}, ${rows.toLocaleString('en')} rows`,
  flowAsked: (flow) => `Run of ${flow} asked for`,
  flowEnded: (flow, isWell) => (isWell ? `Run of ${flow} completed` : `Run of ${flow} did not complete`),
}

const fr: TimelineTexts = {
  severities: { warning: 'avertissement', alarm: 'alerte' },
  findingOpened: (severity) => `Constat ouvert\u202f: ${severity}`,
  findingAcknowledged: 'Constat pris en compte',
  findingResolved: 'Constat clos',
  actions: {
    alert: () => 'Alerte envoyée',
    finding: () => 'Constat ouvert',
    flow: (flow) => `Flux ${flow} lancé`,
    block_promotion: () => 'Promotions bloquées',
    roll_back: (_, version) =>
      version === '' ? 'Championne ramenée en arrière' : `Championne ramenée à la version ${version}`,
  },
  refused: (what) => `Refusé\u202f: ${what}`,
  monitorChanged: (monitor, change) => `Moniteur ${monitor} ${changed('fr', change)}`,
  rollout: (change) => `Mise en service\u202f: ${change}`,
  versionRegistered: (model, version) => `Version ${version} de ${model} enregistrée`,
  aliasMoved: (alias, version) => `La version ${version} est ${alias}`,
  aliasRemoved: (alias) => `${alias} a été retiré`,
  snapshot: (dataset, rows) => `Nouvel instantané de ${dataset}, ${rows.toLocaleString('fr')} lignes`,
  flowAsked: (flow) => `Exécution de ${flow} demandée`,
  flowEnded: (flow, isWell) => (isWell ? `Exécution de ${flow} terminée` : `Exécution de ${flow} non aboutie`),
}

/** What stands in a timeline, in few words. */
export const timelineTexts = (language: Language): TimelineTexts => (language === 'fr' ? fr : en)
