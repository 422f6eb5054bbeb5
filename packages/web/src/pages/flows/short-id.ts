/** The end of an id, which tells ids of one day apart: the whole stands in the address and beside it. */
export const shortId = (id: string): string => (id.length > 14 ? `…${id.slice(-8)}` : id)
