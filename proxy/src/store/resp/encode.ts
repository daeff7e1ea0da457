/** A command as it goes over the wire: text is latin1, one character a byte. */
export type Encoded = string | readonly (string | Buffer)[]

// eslint-disable-next-line no-control-regex
const NOT_ASCII = /[^\x00-\x7f]/

/** UTF-8 bytes as latin1 text. */
const wire = (text: string): string => (NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text)

/** A command of text alone. */
export const encodeText = (args: readonly string[]): string => {
  let encoded = `*${args.length}\r\n`
  for (const arg of args) {
    const bytes = wire(arg)
    encoded += `$${bytes.length}\r\n${bytes}\r\n`
  }
  return encoded
}

/** A command with bytes in it. */
export const encode = (args: readonly (string | Buffer)[]): Encoded => {
  const parts: (string | Buffer)[] = []
  let text = `*${args.length}\r\n`
  for (const arg of args) {
    const bytes = typeof arg === 'string' ? wire(arg) : arg
    text += `$${bytes.length}\r\n`
    if (typeof bytes === 'string') text += bytes
    else {
      parts.push(text, bytes)
      text = ''
    }
    text += '\r\n'
  }
  parts.push(text)
  return parts
}
