import type { Language } from '@fabrique/contract'

/** Texts of `fabrique init`; English is the source. */
const en = {
  written: (folder: string) => `A new project is in ${folder}`,
  next: 'Next:',
  start: 'starts it',
  read: 'tells what happens, and what to try',
}

const fr: typeof en = {
  written: (folder) => `Un nouveau projet se trouve dans ${folder}`,
  next: 'Ensuite :',
  start: 'le démarre',
  read: 'dit ce qui se passe et ce qu’on peut essayer (en anglais)',
}

export function initMessages(language: Language): typeof en {
  return language === 'fr' ? fr : en
}
