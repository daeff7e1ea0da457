import { ApiError } from './api-error.ts'
import { bundleOf, expiryOf, LIFETIMES, nextStep, type Lifetimes, type Material } from './certificate-plan.ts'
import { decodeSecret, encodeSecret, SECRETS, type Secret } from './certificate-secret.ts'
import { systemClock, type Clock } from './clock.ts'
import { Controller, requeueAfter, type ReconcileResult } from './controller.ts'
import { Informer } from './informer.ts'
import type { KubeClient } from './kube-client.ts'
import type { RuntimeMetrics } from './metrics.ts'
import { performStep } from './certificate-steps.ts'
import type { KeyPair, ServingNames } from './pki.ts'
import type { Runnable } from './runnable.ts'
import type { Log, Milliseconds, ObjectName } from './types.ts'

/** The watch brings what was written; this is for when it does not. */
const AFTER_WRITE: Milliseconds = 1_000

export interface CertificateManagerOptions {
  readonly client: KubeClient
  readonly namespace: string
  /** Shared by all replicas. */
  readonly secretName: string
  /** Names in the serving certificate, such as SERVICE.NAMESPACE.svc. */
  readonly dnsNames: readonly string[]
  readonly ipAddresses?: readonly string[]
  /** Default: authority 1 year, serving 90 days, overlap 1 h; renewed at two thirds of the life. */
  readonly lifetimes?: Lifetimes
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}

/** Where the admission server gets its certificate from. */
export interface CertificateSource {
  /** True once there is a certificate, false when `signal` aborts before. */
  ready(signal?: AbortSignal): Promise<boolean>
  serving(): KeyPair | undefined
  onChange(listener: () => void): () => void
}

/**
 * Makes and rotates an authority and a serving certificate, kept in a Secret that all replicas watch. Any of
 * them may write; resourceVersion decides who was first, and all use what the Secret says.
 */
export class CertificateManager implements Runnable, CertificateSource {
  readonly name = 'certificates'
  readonly #options: CertificateManagerOptions
  readonly #clock: Clock
  readonly #names: ServingNames
  readonly #secret: ObjectName
  readonly #informer: Informer<Secret>
  readonly #controller: Controller
  readonly #listeners = new Set<() => void>()
  readonly #first = Promise.withResolvers<true>()
  #material: Material | undefined
  #version: string | undefined

  constructor(options: CertificateManagerOptions) {
    const { client, namespace, secretName, metrics, log } = options
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#names = { dnsNames: options.dnsNames, ipAddresses: options.ipAddresses ?? [] }
    this.#secret = { namespace, name: secretName }
    const common = { metrics, log, clock: this.#clock }
    const fieldSelector = `metadata.name=${secretName}`
    this.#informer = new Informer({ client, resource: SECRETS, namespace, fieldSelector, ...common })
    const key = `${namespace}/${secretName}`
    this.#controller = new Controller({
      name: 'admission-certificates',
      reconcile: (each, signal) => this.#reconcile(each, signal),
      informers: [this.#informer],
      keys: () => [key],
      ...common
    })
    const enqueue = (): void => this.#controller.enqueue(key)
    this.#informer.on({ added: enqueue, updated: enqueue, deleted: enqueue })
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#informer.run(signal), this.#controller.run(signal)])
  }

  async ready(signal?: AbortSignal): Promise<boolean> {
    if (signal === undefined) return await this.#first.promise
    const stop = Promise.withResolvers<false>()
    const onAbort = (): void => stop.resolve(false)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const result = await Promise.race([this.#first.promise, stop.promise])
    signal.removeEventListener('abort', onAbort)
    return result
  }

  /** The certificate to serve with. */
  serving(): KeyPair | undefined {
    return this.#material?.serving
  }

  /** What clients must trust, as a webhook's clientConfig.caBundle wants it: base64 of PEM. */
  caBundle(): string | undefined {
    return this.#material && Buffer.from(bundleOf(this.#material)).toString('base64')
  }

  /** Called after each change of certificate or bundle. Returns what takes the listener off again. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult> {
    const secret = this.#informer.get(key)
    const material = secret && decodeSecret(secret)
    const now = this.#clock.now()
    const lifetimes = this.#options.lifetimes ?? LIFETIMES
    const step = nextStep(material, this.#names, { now, lifetimes })
    // Broken material is not served; anything else is, also while a better one is being made.
    if (material && secret && step.step !== 'create') this.#publish(material, secret.metadata.resourceVersion)
    if (step.step === 'rest') return requeueAfter(Math.max(1_000, step.until - now))
    this.#options.log.info({ step: step.step, secret: this.#secret }, 'rotating the admission certificates')
    const after = await performStep(step, material, { names: this.#names, now, lifetimes })
    return await this.#write(secret, after, signal)
  }

  async #write(
    before: Secret | undefined,
    material: Material,
    signal: AbortSignal
  ): Promise<ReconcileResult> {
    const { client } = this.#options
    const secret = encodeSecret(this.#secret, material, before)
    try {
      if (before === undefined) await client.create(SECRETS, secret, { signal })
      else await client.update(SECRETS, secret, { signal })
    } catch (error) {
      // Another replica was faster: its Secret arrives by the watch.
      if (!ApiError.isConflict(error) && !ApiError.isAlreadyExists(error) && !ApiError.isNotFound(error))
        throw error
    }
    return requeueAfter(AFTER_WRITE)
  }

  #publish(material: Material, version: string): void {
    if (this.#version === version) return
    this.#version = version
    this.#material = material
    this.#options.metrics.certificateExpiry.set(expiryOf(material) / 1000)
    this.#first.resolve(true)
    for (const listener of [...this.#listeners]) {
      try {
        listener()
      } catch (error) {
        this.#options.log.error({ err: error }, 'a listener of the certificates threw')
      }
    }
  }
}
