import type { Language } from '@fabrique/contract'

/** Texts of `fabrique export …`; English is the source. */
const en = {
  written: (count: number, folder: string) => `${count} files are in ${folder}`,
  unchanged: 'as it was',
  next: 'Next:',
  prometheus: 'scrapes and records',
  grafana: 'copy to /etc/grafana, or mount it there',
}

const fr: typeof en = {
  written: (count, folder) => `${count} fichiers se trouvent dans ${folder}`,
  unchanged: 'inchangé',
  next: 'Ensuite :',
  prometheus: 'collecte et enregistre',
  grafana: 'à copier dans /etc/grafana, ou à y monter',
}

export function exportMessages(language: Language): typeof en {
  return language === 'fr' ? fr : en
}

const wrongValues = {
  address: {
    en: 'it is no address as http://127.0.0.1:9090',
    fr: 'ce n’est pas une adresse comme http://127.0.0.1:9090',
  },
  target: {
    en: 'it is no host and port as 127.0.0.1:8000',
    fr: 'ce n’est pas un hôte et un port comme 127.0.0.1:8000',
  },
  keyFile: { en: 'a path is expected', fr: 'un chemin est attendu' },
} as const

/** Why a flag is not taken. */
export function exportReason(name: keyof typeof wrongValues) {
  const { en: reason, fr: reasonFr } = wrongValues[name]
  return { reason, reason_fr: reasonFr }
}
