import type { Language } from '@fabrique/contract'

/** Texts of `fabrique serve`; English is the source. */
const en = {
  loading: 'Loading',
  serving: 'Serving',
  grpc: 'gRPC',
  model: 'Model',
  versions: (list: string) => `versions ${list}`,
  version: (one: string) => `version ${one}`,
  predict: 'Predict',
  describe: 'Describe',
  api: 'API',
  keyNeeded: 'requests need the key, as Authorization: Bearer KEY',
  stopHint: 'Stop with Ctrl-C',
  portExpected: 'a whole number from 0 to 65535 is expected',
  megabytesExpected: 'a whole number of megabytes is expected',
  rateExpected: 'a rate is expected, as 10/minute',
  levelExpected: 'debug, info, warn or error is expected',
  keyTooShort: 'the key has fewer than 16 characters',
  keyUnreadable: 'the file cannot be read',
}

export type ServeMessages = typeof en

const fr: ServeMessages = {
  loading: 'Chargement',
  serving: 'Service',
  grpc: 'gRPC',
  model: 'Modèle',
  versions: (list) => `versions ${list}`,
  version: (one) => `version ${one}`,
  predict: 'Prédire',
  describe: 'Décrire',
  api: 'API',
  keyNeeded: 'les requêtes demandent la clé, par Authorization: Bearer CLÉ',
  stopHint: 'Arrêter avec Ctrl-C',
  portExpected: 'un entier de 0 à 65535 est attendu',
  megabytesExpected: 'un nombre entier de mégaoctets est attendu',
  rateExpected: 'un débit est attendu, comme 10/minute',
  levelExpected: 'debug, info, warn ou error est attendu',
  keyTooShort: 'la clé a moins de 16 caractères',
  keyUnreadable: 'le fichier ne peut pas être lu',
}

export function serveMessages(language: Language): ServeMessages {
  return language === 'fr' ? fr : en
}

/** Why a flag cannot be taken, in both languages. */
export function serveReason(
  reason: 'portExpected' | 'megabytesExpected' | 'rateExpected' | 'levelExpected' | 'keyTooShort' | 'keyUnreadable',
): { readonly reason: string; readonly reason_fr: string } {
  return { reason: en[reason], reason_fr: fr[reason] }
}
