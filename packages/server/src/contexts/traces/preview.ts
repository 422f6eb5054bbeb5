import type { Json } from '@fabrique/contract'
import { cutText } from './model.js'

const charsMax = 1000

interface Message {
  readonly role: Json
  readonly content: Json
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function messagesIn(value: Json | undefined): readonly Message[] {
  if (!Array.isArray(value)) return []
  const items: readonly Json[] = value
  return items.flatMap((item) => {
    if (!isObject(item) || item.role === undefined || item.content === undefined) return []
    return [{ role: item.role, content: item.content }]
  })
}

/** The messages of a chat, in the forms that chat APIs give them. */
function chatMessages(value: { readonly [key: string]: Json }): readonly Message[] {
  for (const key of ['messages', 'input', 'output']) {
    const found = messagesIn(value[key])
    if (found.length > 0) return found
  }
  const choices = value.choices
  if (Array.isArray(choices)) {
    const [first]: readonly Json[] = choices
    if (isObject(first)) return messagesIn(first.message === undefined ? [] : [first.message])
  }
  const request = value.request
  return isObject(request) && request.request === undefined ? chatMessages(request) : []
}

function textOf(content: Json): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  const parts: readonly Json[] = content
  for (const part of parts) {
    if (typeof part === 'string') return part
    if (isObject(part) && (part.type === 'text' || part.type === 'output_text') && typeof part.text === 'string') {
      return part.text
    }
  }
  return ''
}

/** What a list shows of the inputs (`user`) or outputs (`assistant`) of a trace: the last message of a chat, else JSON. */
export function previewOf(value: Json | undefined, role: 'user' | 'assistant'): string | null {
  if (value === undefined) return null
  const messages = isObject(value) ? chatMessages(value) : []
  const message = messages.findLast((candidate) => candidate.role === role) ?? messages.at(-1)
  const text = (message === undefined ? '' : textOf(message.content)) || JSON.stringify(value)
  return text.length <= charsMax ? text : `${cutText(text, charsMax - 3)}...`
}
