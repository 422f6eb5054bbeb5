import type { Language } from '@fabrique/contract'
import { formatCount } from './format.js'
import { pluralOf } from './plural.js'

const inEnglish = pluralOf('en')
const inFrench = pluralOf('fr')

/** Texts of the commands that add, share and collect snapshots; English is the source. */
const en = {
  added: (isNew: boolean): string => (isNew ? 'New snapshot' : 'Nothing changed: snapshot'),
  files: (files: number, bytes: string) => `${inEnglish(files, '# file', '# files')}, ${bytes}`,
  read: (files: number) => inEnglish(files, '# read', '# read'),
  leftOut: (count: number) => `${formatCount(count, 'en')} left out:`,
  more: (count: string) => `and ${count} more`,
  refExpected: 'PROJECT, PROJECT/DATASET or PROJECT/DATASET@REF is expected',
  pushed: (snapshots: number, blobs: number, bytes: string) =>
    `${inEnglish(snapshots, '# snapshot sent', '# snapshots sent')}; ${inEnglish(blobs, '# content', '# contents')}, ${bytes}`,
  pulled: (snapshots: number, blobs: number, bytes: string) =>
    `${inEnglish(snapshots, '# snapshot fetched', '# snapshots fetched')}; ${inEnglish(blobs, '# content', '# contents')}, ${bytes}`,
  skipped: (count: number) => inEnglish(count, '# was there already', '# were there already'),
  tagConflict: (tag: string, here: string, there: string) =>
    `Tag ${tag} stands for ${here} here, for ${there} there; it stays`,
  checkedOut: (written: number, files: number, bytes: string) =>
    `${formatCount(written, 'en')} of ${inEnglish(files, '# file', '# files')} written, ${bytes}`,
  removed: (count: number) => `${formatCount(count, 'en')} removed`,
  wouldErase: (count: number, bytes: string) =>
    `${inEnglish(count, '# snapshot', '# snapshots')} would be erased, ${bytes} freed`,
  erased: (count: number, bytes: string) => `${inEnglish(count, '# snapshot', '# snapshots')} erased, ${bytes} freed`,
  nothingToErase: 'Nothing to erase',
  noRemotes: 'There are no remotes',
  remote: 'Remote',
  place: 'Place',
  isDefault: 'default',
  remoteAdded: (name: string) => `Remote ${name} is known`,
  remoteRemoved: (name: string) => `Remote ${name} is forgotten; what is in it stays`,
  snapshot: 'Snapshot',
  dataset: 'Dataset',
  made: 'Made',
  size: 'Size',
  number: 'a number is expected',
}

type SharingMessages = typeof en

const fr: SharingMessages = {
  added: (isNew) => (isNew ? 'Nouvel instantané' : 'Rien n’a changé : instantané'),
  files: (files, bytes) => `${inFrench(files, '# fichier', '# fichiers')}, ${bytes}`,
  read: (files) => inFrench(files, '# lu', '# lus'),
  leftOut: (count) => `${inFrench(count, '# laissé de côté', '# laissés de côté')} :`,
  more: (count) => `et ${count} de plus`,
  refExpected: 'PROJET, PROJET/JEU ou PROJET/JEU@REF est attendu',
  pushed: (snapshots, blobs, bytes) =>
    `${inFrench(snapshots, '# instantané envoyé', '# instantanés envoyés')} ; ${inFrench(blobs, '# contenu', '# contenus')}, ${bytes}`,
  pulled: (snapshots, blobs, bytes) =>
    `${inFrench(snapshots, '# instantané récupéré', '# instantanés récupérés')} ; ${inFrench(blobs, '# contenu', '# contenus')}, ${bytes}`,
  skipped: (count) => `${formatCount(count, 'fr')} déjà là`,
  tagConflict: (tag, here, there) => `L’étiquette ${tag} désigne ${here} ici, ${there} là-bas ; elle reste`,
  checkedOut: (written, files, bytes) =>
    `${inFrench(written, '# fichier écrit', '# fichiers écrits')} sur ${formatCount(files, 'fr')}, ${bytes}`,
  removed: (count) => inFrench(count, '# retiré', '# retirés'),
  wouldErase: (count, bytes) =>
    `${inFrench(count, '# instantané serait effacé', '# instantanés seraient effacés')}, ${bytes} libérés`,
  erased: (count, bytes) => `${inFrench(count, '# instantané effacé', '# instantanés effacés')}, ${bytes} libérés`,
  nothingToErase: 'Rien à effacer',
  noRemotes: 'Il n’y a aucun dépôt distant',
  remote: 'Dépôt',
  place: 'Lieu',
  isDefault: 'par défaut',
  remoteAdded: (name) => `Le dépôt distant ${name} est connu`,
  remoteRemoved: (name) => `Le dépôt distant ${name} est oublié ; son contenu reste`,
  snapshot: 'Instantané',
  dataset: 'Jeu de données',
  made: 'Créé',
  size: 'Taille',
  number: 'un nombre est attendu',
}

export function sharingMessages(language: Language): SharingMessages {
  return language === 'fr' ? fr : en
}
