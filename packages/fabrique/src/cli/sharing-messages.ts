import type { Language } from '@fabrique/contract'

/** Texts of the commands that add, share and collect snapshots; English is the source. */
const en = {
  added: (isNew: boolean): string => (isNew ? 'New snapshot' : 'Nothing changed: snapshot'),
  files: (files: string, bytes: string) => `${files} files, ${bytes}`,
  read: (files: string) => `${files} read`,
  leftOut: (count: string) => `${count} left out:`,
  more: (count: string) => `and ${count} more`,
  refExpected: 'PROJECT, PROJECT/DATASET or PROJECT/DATASET@REF is expected',
  pushed: (snapshots: string, blobs: string, bytes: string) =>
    `${snapshots} snapshots sent; ${blobs} contents, ${bytes}`,
  pulled: (snapshots: string, blobs: string, bytes: string) =>
    `${snapshots} snapshots fetched; ${blobs} contents, ${bytes}`,
  skipped: (count: string) => `${count} were there already`,
  tagConflict: (tag: string, here: string, there: string) =>
    `Tag ${tag} stands for ${here} here, for ${there} there; it stays`,
  checkedOut: (written: string, files: string, bytes: string) => `${written} of ${files} files written, ${bytes}`,
  removed: (count: string) => `${count} removed`,
  wouldErase: (count: string, bytes: string) => `${count} snapshots would be erased, ${bytes} freed`,
  erased: (count: string, bytes: string) => `${count} snapshots erased, ${bytes} freed`,
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
  files: (files, bytes) => `${files} fichiers, ${bytes}`,
  read: (files) => `${files} lus`,
  leftOut: (count) => `${count} laissés de côté :`,
  more: (count) => `et ${count} de plus`,
  refExpected: 'PROJET, PROJET/JEU ou PROJET/JEU@REF est attendu',
  pushed: (snapshots, blobs, bytes) => `${snapshots} instantanés envoyés ; ${blobs} contenus, ${bytes}`,
  pulled: (snapshots, blobs, bytes) => `${snapshots} instantanés récupérés ; ${blobs} contenus, ${bytes}`,
  skipped: (count) => `${count} déjà là`,
  tagConflict: (tag, here, there) => `L’étiquette ${tag} désigne ${here} ici, ${there} là-bas ; elle reste`,
  checkedOut: (written, files, bytes) => `${written} fichiers écrits sur ${files}, ${bytes}`,
  removed: (count) => `${count} retirés`,
  wouldErase: (count, bytes) => `${count} instantanés seraient effacés, ${bytes} libérés`,
  erased: (count, bytes) => `${count} instantanés effacés, ${bytes} libérés`,
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
