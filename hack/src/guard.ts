/**
 * Keeps background processes from outliving this one. A guard is a tiny shell of its own session that reads
 * from a pipe whose other end only this process holds. The end of the pipe means that this process is gone,
 * however it died (SIGKILL included): the guard kills the process groups and removes the folders. A line on
 * the pipe means that all was cleaned up in order, and the guard just ends.
 */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

const SCRIPT = `
if read -r word; then exit 0; fi
dir=$1; shift
for pid in "$@"; do kill -9 "-$pid"; done 2>/dev/null
rm -rf -- "$dir"
`

export interface Guard {
  /** Ends the guard without a kill; call it after the processes are gone. */
  release(): Promise<void>
}

/** Guards process groups (their leaders' ids) and one folder. */
export function guard(groups: readonly number[], folder: string): Guard {
  const shell = spawn('sh', ['-c', SCRIPT, 'guard', folder, ...groups.map(String)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true
  })
  const closed = new Promise((resolve) => shell.once('close', resolve))
  // Neither the child nor its pipe may keep this process from ending.
  shell.unref()
  const { stdin } = shell
  // Typed as a plain stream; a child's pipe is a socket.
  if (stdin instanceof Socket) stdin.unref()
  return {
    async release() {
      shell.ref()
      stdin.end('done\n')
      await closed
    }
  }
}
