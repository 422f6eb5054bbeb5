import type { FeatureStatus, Language } from '@fabrique/contract'

/** Texts of `fabrique features materialize`, `get-online` and `check`; English is the source. */
const en = {
  view: 'View',
  version: 'Version',
  written: 'Written',
  older: 'Older, left out',
  feature: 'Feature',
  value: 'Value',
  age: 'Age',
  status: 'Status',
  statuses: {
    PRESENT: 'present',
    NULL_VALUE: 'null',
    NOT_FOUND: 'not found',
    OUTSIDE_MAX_AGE: 'too old',
  } satisfies Record<FeatureStatus, string>,
  checked: (values: number, mismatches: number) => `${values} values compared, ${mismatches} differ`,
  keys: 'Keys',
  online: 'Online',
  offline: 'Offline',
}

const fr: typeof en = {
  view: 'Vue',
  version: 'Version',
  written: 'Écrites',
  older: 'Plus anciennes, laissées',
  feature: 'Variable',
  value: 'Valeur',
  age: 'Âge',
  status: 'État',
  statuses: {
    PRESENT: 'présente',
    NULL_VALUE: 'nulle',
    NOT_FOUND: 'introuvable',
    OUTSIDE_MAX_AGE: 'trop ancienne',
  },
  checked: (values, mismatches) => `${values} valeurs comparées, ${mismatches} diffèrent`,
  keys: 'Clés',
  online: 'En ligne',
  offline: 'Hors ligne',
}

export function onlineMessages(language: Language): typeof en {
  return language === 'fr' ? fr : en
}
