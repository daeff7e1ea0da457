import { existsSync, readdirSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connect, type ChannelModel } from 'amqplib'
import { REPOSITORY } from './paths.ts'
import { isAlive, waitUntil } from './run.ts'
import { startRabbitmq, type RunningRabbitmq } from './services.ts'

const folders = (): string[] =>
  readdirSync(tmpdir()).filter((entry) => entry.startsWith('alexandrite-rabbitmq-'))

let broker: RunningRabbitmq
let other: RunningRabbitmq
beforeAll(async () => {
  ;[broker, other] = await Promise.all([startRabbitmq(), startRabbitmq()])
}, 600_000)
afterAll(async () => {
  await broker.stop()
  await other.stop()
})

const client = async (url: string): Promise<{ model: ChannelModel; gone: Promise<unknown> }> => {
  const model = await connect(url)
  model.on('error', () => undefined)
  return { model, gone: once(model, 'close') }
}

describe('startRabbitmq', () => {
  test('two brokers run side by side and know nothing of each other', async () => {
    const { model } = await client(broker.url)
    const channel = await model.createConfirmChannel()
    await channel.assertQueue('here', { durable: true })
    channel.sendToQueue('here', Buffer.from('kept'), { persistent: true })
    await channel.waitForConfirms()
    await model.close()
    expect(await broker.evaluate('length(rabbit_amqqueue:list()).')).toBe('1')
    expect(await other.evaluate('length(rabbit_amqqueue:list()).')).toBe('0')
  })

  test('closes connections at once when it is told to', async () => {
    const { gone } = await client(broker.url)
    await broker.closeConnections()
    await gone
  })

  test('answers nothing while it is paused, and all of it afterwards', async () => {
    const { model } = await client(broker.url)
    broker.pause()
    let answered = false
    const channel = model.createChannel().then(() => {
      answered = true
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(answered).toBe(false)
    broker.resume()
    await channel
    await model.close()
  })

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'keeps its address and durable messages over %s',
    async (signal) => {
      const before = broker.pid()
      await broker.kill(signal)
      expect(isAlive(before)).toBe(false)
      await expect(connect(broker.url)).rejects.toThrow('ECONNREFUSED')
      await broker.start()
      const { model } = await client(broker.url)
      const channel = await model.createChannel()
      expect((await channel.checkQueue('here')).messageCount).toBe(1)
      await model.close()
    },
    60_000
  )

  test('says what Erlang says when an expression is wrong', async () => {
    await expect(broker.evaluate('nothing:here().')).rejects.toThrow('undef')
  })

  test('stops also when it hangs, and leaves no process and no folder', async () => {
    const pid = other.pid()
    const before = folders().length
    other.pause()
    await other.stop()
    expect(isAlive(pid)).toBe(false)
    expect(folders()).toHaveLength(before - 1)
  })

  test('says what RabbitMQ says when it cannot start', async () => {
    await expect(startRabbitmq({ settings: { no_such_setting: 1 } })).rejects.toThrow('no_such_setting')
  }, 60_000)

  test('dies with its parent, however that dies', async () => {
    const script = `import { startRabbitmq } from './hack/src/services.ts'
      const broker = await startRabbitmq()
      console.log(JSON.stringify({ pid: broker.pid() }))
      setInterval(() => {}, 1000)`
    const before = folders()
    const parent = spawn('node', ['--input-type=module-typescript', '-e', script], {
      cwd: REPOSITORY,
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const { pid } = JSON.parse(line.toString()) as { pid: number }
    const [folder = ''] = folders().filter((entry) => !before.includes(entry))
    parent.kill('SIGKILL')
    await waitUntil(() => !isAlive(pid) && !existsSync(`${tmpdir()}/${folder}`), { what: 'RabbitMQ is gone' })
  }, 60_000)
})
