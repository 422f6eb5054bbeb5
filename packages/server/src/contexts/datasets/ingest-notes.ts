import {
  type BareNote,
  type ColumnType,
  type IngestNote,
  IngestNoteCode,
  ingestNote,
  ingestNoteText,
  type Language,
  type NoteParams,
} from '@fabrique/contract'
import { z } from 'zod'

/** The types of columns in French, for notes that name one. */
export const columnTypesInFrench: Readonly<Record<ColumnType, string>> = {
  number: 'nombre',
  integer: 'entier',
  text: 'texte',
  category: 'catégorie',
  boolean: 'booléen',
  timestamp: 'instant',
  date: 'date',
}

/** Why something cannot be read; the French words are absent where those of the engine or of the system are all there is. */
export interface WordedReason {
  readonly reason: string
  readonly reason_fr?: string
}

const StoredNote = z.object({ code: IngestNoteCode, params: z.record(z.string(), z.union([z.string(), z.number()])) })

/** A note as a file of rows that were set aside keeps it. */
export function storedNote<Code extends IngestNoteCode>(code: Code, params: NoteParams<Code>): string {
  return JSON.stringify(ingestNote(code, params))
}

/** A note from such a file. Versions before wrote a text: it stays. */
export function parseNote(text: string): BareNote {
  if (text.startsWith('{"code":')) {
    const parsed = StoredNote.safeParse(JSON.parse(text))
    if (parsed.success) return parsed.data
  }
  return ingestNote('text', { text })
}

export function tellNote(note: BareNote, language: Language): IngestNote {
  return { code: note.code, params: note.params, message: ingestNoteText(note, language) }
}
