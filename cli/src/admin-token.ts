import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readToken } from './admin-client.ts'

/** The token that a local tier asks of a purge. */
export interface AdminToken {
  readonly token: string
  /** File to give to `alexandrite purge --token-file`, when the token was made here. */
  readonly file?: string
  /** Removes the file that was made. */
  remove(): void
}

/** The given token, else a new one in a file that only this user can read: a token is never printed. */
export function adminToken(tokenFile: string | undefined): AdminToken {
  const given = readToken(tokenFile)
  if (given !== undefined) return { token: given, remove: () => undefined }
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-'))
  const file = join(folder, 'token')
  const token = randomBytes(24).toString('base64url')
  writeFileSync(file, token, { mode: 0o600 })
  return {
    token,
    file,
    remove: () => {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
