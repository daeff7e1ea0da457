/** Real services for tests and demos; each runs on free ports, cleans up at stop() and dies with its parent. */
export { startRedis, type RedisOptions, type RunningRedis } from './redis.ts'
export { startPostgres, type PostgresOptions, type RunningPostgres } from './postgres.ts'
export { startApiServer, type ApiServerOptions, type RunningApiServer } from './api-server.ts'
export { startRabbitmq, type RabbitmqOptions, type RunningRabbitmq } from './rabbitmq.ts'
