/** The files of the page: served from memory, nothing from elsewhere. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import type { FastifyInstance } from 'fastify'

/** Beside this module, in the repository as in the image. */
const FOLDER = new URL('./page/', import.meta.url)

const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8')

/** The image has the script without its types; here they are taken out when the service starts. */
const script = (): string =>
  existsSync(new URL('client.js', FOLDER)) ? read('client.js') : stripTypeScriptTypes(read('client.ts'))

/** Nothing but its own files: no script of somebody else, no frame around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join('; ')

export function assetRoutes(app: FastifyInstance): void {
  const files = [
    { path: '/', type: 'text/html; charset=utf-8', text: read('index.html') },
    { path: '/page.css', type: 'text/css; charset=utf-8', text: read('page.css') },
    { path: '/page.js', type: 'text/javascript; charset=utf-8', text: script() }
  ]
  for (const { path, type, text } of files) {
    const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 16)}"`
    app.get(path, (request, reply) => {
      reply.headers({
        etag,
        'cache-control': 'no-cache',
        'content-security-policy': POLICY,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer'
      })
      return request.headers['if-none-match'] === etag
        ? reply.status(304).send()
        : reply.type(type).send(text)
    })
  }
}
