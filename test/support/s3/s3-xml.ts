// XML as the store writes it, and the little that it reads.

export type XmlNode = string | number | boolean | readonly XmlNode[] | { readonly [name: string]: XmlNode | undefined }

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

export function xmlDocument(name: string, content: XmlNode): string {
  const opening = name === 'Error' ? name : `${name} xmlns="${namespace}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${opening}>${inner(content)}</${name}>`
}

/** The texts of all elements of this name, which hold no elements. */
export function textsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text]) => decode(text!))
}

/** What stands inside all elements of this name, which do not hold one of the same name. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, content]) => content!)
}

function inner(node: XmlNode): string {
  if (typeof node !== 'object') return encode(String(node))
  if (Array.isArray(node)) return node.map((item: XmlNode) => inner(item)).join('')
  return Object.entries(node)
    .filter((entry): entry is [string, XmlNode] => entry[1] !== undefined)
    .map(([name, value]) => {
      const values: readonly XmlNode[] = Array.isArray(value) ? value : [value]
      return values.map((item) => `<${name}>${inner(item)}</${name}>`).join('')
    })
    .join('')
}

function encode(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function decode(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#34;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
