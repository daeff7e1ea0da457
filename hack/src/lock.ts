/**
 * Locks between processes. The kernel holds them (flock(2) through util-linux), so a lock of a killed run
 * is free at once: nothing can be stale, and there is no race about taking it over.
 */
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { say } from './run.ts'

/**
 * Runs `work` while no other process holds the lock on `file`. The holder is a child that waits for the end
 * of its standard input, which also comes when this process is killed.
 */
export async function withLock<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true })
  const release = await acquire(file, what)
  try {
    return await work()
  } finally {
    await release()
  }
}

async function acquire(file: string, what: string): Promise<() => Promise<void>> {
  // Its own session: Ctrl-C ends this process first and frees the lock by the end of the pipe.
  const holder = spawn('flock', [file, 'sh', '-c', 'echo locked; cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true
  })
  const closed = new Promise<number | null>((resolve) => holder.once('close', resolve))
  const notice = setTimeout(() => say(`${what}: waiting for another run that is at it`), 2000)
  try {
    await new Promise<void>((resolve, reject) => {
      holder.once('error', (cause) =>
        reject(new Error(`cannot lock ${file}: flock is missing; install util-linux`, { cause }))
      )
      holder.stdout.once('data', () => resolve())
      void closed.then((code) => reject(new Error(`cannot lock ${file}: flock ended with ${code}`)))
    })
  } finally {
    clearTimeout(notice)
  }
  return async () => {
    holder.stdin.end()
    await closed
  }
}
