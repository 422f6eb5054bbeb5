/** « de » devant un nom, élidé devant une voyelle. */
export const of = (name: string): string => (/^[aeiouàâéèêîôû]/i.test(name) ? `d’${name}` : `de ${name}`)
