/** First byte of a TLS handshake record (RFC 8446 §5.1). */
export const TLS_HANDSHAKE = 0x16

/** HTTP/2 with prior knowledge (RFC 9113 §3.4): the part of its preface that looks like a request's head. */
export const PREFACE_HEAD = 'PRI * HTTP/2.0'
/** All of it. */
export const PREFACE = Buffer.from(`${PREFACE_HEAD}\r\n\r\nSM\r\n\r\n`)
