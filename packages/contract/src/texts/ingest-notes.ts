import { fillTemplate, type Language } from '../errors/fabrique-error.js'
import type { IngestNote, IngestNoteCode } from '../schemas/dataset.js'

/** One text for each note of an ingest, English and French; `{name}` is filled with the parameter of that name. */
export const ingestNoteTemplates = {
  text: ['{text}', '{text}'],
  read_as_windows_1252: [
    '{file}: its bytes are not UTF-8, and were read as windows-1252; declare the encoding in its dialect',
    '{file} : ses octets ne sont pas en UTF-8, ils ont été lus en windows-1252 ; déclarez l’encodage dans son dialecte',
  ],
  no_rows: ['{file}: no rows', '{file} : aucune ligne'],
  cannot_be_read: ['{file}: cannot be read: {reason}', '{file} : lecture impossible : {reason}'],
  rows_set_aside: ['Rows set aside: {count} of {total}', 'Lignes mises de côté : {count} sur {total}'],
  files_left_out: ['Files left out: {count} of {total}', 'Fichiers laissés de côté : {count} sur {total}'],
  quote_not_closed: ['A quote is not closed', 'Un guillemet n’est pas fermé'],
  text_after_quote: ['Text follows a closing quote', 'Du texte suit un guillemet fermant'],
  values_counted: ['{found} values instead of {wanted}', '{found} valeurs au lieu de {wanted}'],
  line_too_long: ['Longer than {bytes} bytes', 'Plus de {bytes} octets'],
  not_utf8: ['The bytes are not UTF-8', 'Les octets ne sont pas en UTF-8'],
  zero_bytes: ['It has bytes of value zero', 'Elle a des octets de valeur zéro'],
  not_a_json_object: ['Not a JSON object', 'Ce n’est pas un objet JSON'],
  smallest_allowed: ['Smallest allowed: {min}', 'Le plus petit permis : {min}'],
  largest_allowed: ['Largest allowed: {max}', 'Le plus grand permis : {max}'],
  column_not_in_source: ['The source does not have it', 'La source ne l’a pas'],
  not_in_closed_set: ['Not in the closed set', 'Hors de la liste fermée'],
  not_of_type: ['Not of the type {type}', 'Pas du type {type}'],
  key_seen_before: ['A row before has the same key', 'Une ligne précédente a la même clé'],
  expectation_broken: ['Expected: {expectation}', 'Attendu : {expectation}'],
  file_unreadable: ['It cannot be read: {reason}', 'Il ne peut pas être lu : {reason}'],
} as const satisfies Readonly<Record<IngestNoteCode, readonly [en: string, fr: string]>>

type Named<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Named<Rest> : never
/** The parameters that the text of a note names. */
export type NoteParams<Code extends IngestNoteCode> = {
  readonly [Name in Named<(typeof ingestNoteTemplates)[Code][0]>]: string | number
} & { readonly [Name in `${Named<(typeof ingestNoteTemplates)[Code][0]>}_fr`]?: string }

/** A note without its message, as it is kept. */
export type BareNote = Pick<IngestNote, 'code' | 'params'>

/** A note with the parameters that its text names. */
export function ingestNote<Code extends IngestNoteCode>(code: Code, params: NoteParams<Code>): BareNote {
  return { code, params }
}

/** The message of a note in a language. */
export function ingestNoteText({ code, params }: BareNote, language: Language): string {
  return fillTemplate(ingestNoteTemplates[code][language === 'fr' ? 1 : 0], params, language)
}
