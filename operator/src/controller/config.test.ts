import { describe, expect, test } from '@jest/globals'
import { parseConfig } from './config.ts'

describe('the settings', () => {
  test('have defaults that fit the manifests', () => {
    const parsed = parseConfig([], { POD_NAME: 'operator-0' })
    expect(parsed).toMatchObject({
      kind: 'config',
      config: {
        namespace: 'alexandrite-system',
        podName: 'operator-0',
        webhookPort: 9443,
        healthPort: 8080,
        endpoint: {
          kind: 'service',
          namespace: 'alexandrite-system',
          name: 'alexandrite-operator',
          port: 443
        },
        logLevel: 'info'
      }
    })
  })

  test('name no receiver of traces unless somebody does', () => {
    const env = { ALEXANDRITE_SIDECAR_OTLP_ENDPOINT: 'http://otel:4318' }
    expect(parseConfig([], {})).toMatchObject({ config: { otlpEndpoint: undefined } })
    expect(parseConfig([], env)).toMatchObject({
      config: { otlpEndpoint: 'http://otel:4318', ownOtlpEndpoint: undefined }
    })
    expect(parseConfig([], { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318' })).toMatchObject({
      config: { otlpEndpoint: undefined, ownOtlpEndpoint: 'http://otel:4318' }
    })
  })

  test('a flag wins over the environment', () => {
    const parsed = parseConfig(['--proxy-image', 'flag:1'], {
      ALEXANDRITE_PROXY_IMAGE: 'env:1',
      ALEXANDRITE_REDIS_IMAGE: 'env:2'
    })
    expect(parsed).toMatchObject({ config: { images: { proxy: 'flag:1', redis: 'env:2' } } })
  })

  test.each<[string, string[], Record<string, string>, string]>([
    ['a port', ['--health-port', '99999'], {}, '--health-port is "99999": write a port from 0 to 65535'],
    [
      'a port of the environment',
      [],
      { ALEXANDRITE_WEBHOOK_PORT: 'x' },
      'ALEXANDRITE_WEBHOOK_PORT is "x": write a port'
    ],
    ['a URL', ['--webhook-url', 'http://me'], {}, '--webhook-url is "http://me": write https://HOST:PORT'],
    [
      'a receiver of traces',
      [],
      { ALEXANDRITE_SIDECAR_OTLP_ENDPOINT: 'otel:4318' },
      'ALEXANDRITE_SIDECAR_OTLP_ENDPOINT is "otel:4318": write http://HOST:PORT or https://HOST:PORT of an OTLP receiver'
    ],
    [
      'a log level',
      ['--log-level', 'loud'],
      {},
      '--log-level is "loud": write one of debug, info, warn, error'
    ],
    ['an empty image', [], { ALEXANDRITE_REDIS_IMAGE: '' }, 'ALEXANDRITE_REDIS_IMAGE is empty'],
    ['an unknown flag', ['--nonsense'], {}, "Unknown option '--nonsense'"]
  ])('a wrong value is a sentence: %s', (_case, args, env, sentence) => {
    const parsed = parseConfig(args, env)
    expect(parsed.kind).toBe('error')
    expect(parsed).toMatchObject({ text: expect.stringContaining(sentence) })
  })

  test('--help lists each flag with its variable and default', () => {
    const parsed = parseConfig(['--help'], {})
    expect(parsed).toMatchObject({
      kind: 'help',
      text: expect.stringMatching(/--webhook-port +ALEXANDRITE_WEBHOOK_PORT .*9443/)
    })
  })
})
