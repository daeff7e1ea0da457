/** As much of DER (ITU-T X.690) as X.509 certificates need. */

const encode = (tag: number, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, ...length(body.length)]), body])
}

function length(count: number): number[] {
  if (count < 0x80) return [count]
  const bytes: number[] = []
  for (let rest = count; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

export const sequence = (...items: Buffer[]): Buffer => encode(0x30, ...items)
export const set = (...items: Buffer[]): Buffer => encode(0x31, ...items)
export const boolean = (value: boolean): Buffer => encode(0x01, Buffer.from([value ? 0xff : 0]))
/** A non-negative integer from its big-endian bytes. */
export const integer = (bytes: Buffer): Buffer =>
  encode(0x02, (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
export const octets = (content: Buffer): Buffer => encode(0x04, content)
export const bits = (content: Buffer, unused = 0): Buffer => encode(0x03, Buffer.from([unused]), content)
export const utf8 = (text: string): Buffer => encode(0x0c, Buffer.from(text))
/** YYMMDDHHMMSSZ: good until 2049. */
export const utcTime = (time: Date): Buffer =>
  encode(0x17, Buffer.from(`${time.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))
/** Context-specific and constructed: `[n] EXPLICIT`. */
export const explicit = (tag: number, content: Buffer): Buffer => encode(0xa0 | tag, content)
/** Context-specific and primitive: `[n] IMPLICIT`. */
export const implicit = (tag: number, content: Buffer): Buffer => encode(0x80 | tag, content)

/** An object identifier such as 2.5.4.3. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = rest.flatMap((part) => {
    const base128 = [part % 128]
    for (let more = Math.floor(part / 128); more > 0; more = Math.floor(more / 128)) {
      base128.unshift(0x80 | (more % 128))
    }
    return base128
  })
  return encode(0x06, Buffer.from([first * 40 + second, ...bytes]))
}
