import { describe, expect, it } from '@jest/globals'
import { ConfigError, HelpRequested, serviceConfig } from './config.ts'

const DATABASE_URL = 'postgres://someone:secret@db:5432/mes'
const configure = (argv: string[], env: Record<string, string> = { DATABASE_URL }) =>
  serviceConfig(argv, env, { file: 'api.ts', text: 'An API.' })

describe('the configuration of an API', () => {
  it('has defaults for all but the database', () => {
    expect(configure([])).toEqual({
      databaseUrl: DATABASE_URL,
      host: '0.0.0.0',
      port: 8080,
      databaseConnections: 10,
      otlpEndpoint: undefined,
      logLevel: 'info'
    })
  })

  it('lets an option beat its variable', () => {
    expect(configure(['--port', '0'], { DATABASE_URL, PORT: '9090' }).port).toBe(0)
    expect(configure([], { DATABASE_URL, PORT: '9090' }).port).toBe(9090)
  })

  it('treats an empty OTLP endpoint as none and takes the slash off one', () => {
    expect(configure([], { DATABASE_URL, OTEL_EXPORTER_OTLP_ENDPOINT: '' }).otlpEndpoint).toBeUndefined()
    const withSlash = { DATABASE_URL, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }
    expect(configure([], withSlash).otlpEndpoint).toBe('http://collector:4318')
  })

  it('shows its help', () => {
    expect(() => configure(['--help'])).toThrow(HelpRequested)
  })

  it.each([
    [[], {}, 'DATABASE_URL is missing'],
    [[], { DATABASE_URL: 'mysql://someone:secret@db/mes' }, 'DATABASE_URL is no PostgreSQL address'],
    [['--port', 'http'], { DATABASE_URL }, 'port is "http"; give a whole number from 0 to 65535.'],
    [['--prot', '1'], { DATABASE_URL }, "Unknown option '--prot'"],
    [
      [],
      { DATABASE_URL, OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' },
      'OTEL_EXPORTER_OTLP_ENDPOINT is "collector"'
    ]
  ])('refuses %j with %j', (argv, env: Record<string, string>, message) => {
    expect(() => configure(argv, env)).toThrow(ConfigError)
    expect(() => configure(argv, env)).toThrow(message)
    expect(() => configure(argv, env)).not.toThrow('secret')
  })
})
