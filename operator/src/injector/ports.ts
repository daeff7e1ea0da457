import { answersTo, servingContainers, type Container, type Handler, type PodSpec } from './pod.ts'

/** IANA service names, and so container port names, have at most 15 characters (RFC 6335 §5.1). */
export const LONGEST_PORT_NAME = 15
const HIGHEST_PORT = 65535

/** Containers that a Service's targetPort `name` could reach. */
export const containersNaming = (spec: PodSpec, name: string): Container[] =>
  servingContainers(spec).filter(
    (container) => container.ports?.some((port) => answersTo(port, name)) ?? false
  )

const allContainers = (spec: PodSpec): Container[] => [...(spec.initContainers ?? []), ...spec.containers]

const probes = (container: Container): (Handler | undefined)[] => [
  container.livenessProbe,
  container.readinessProbe,
  container.startupProbe,
  container.lifecycle?.preStop,
  container.lifecycle?.postStart
]

/** Every port number that some container declares or that a probe calls: they share one network namespace. */
export const usedPorts = (spec: PodSpec): Set<number> => {
  const used = new Set<number>()
  for (const container of allContainers(spec)) {
    for (const port of container.ports ?? []) used.add(port.containerPort)
    for (const handler of probes(container)) {
      const port = handler?.httpGet?.port ?? handler?.tcpSocket?.port
      if (typeof port === 'number') used.add(port)
    }
  }
  return used
}

/** The first port from `wanted` upwards that nobody uses; it is marked as used. */
export const takePort = (used: Set<number>, wanted: number): number => {
  let port = wanted
  while (used.has(port) && port < HIGHEST_PORT) port += 1
  used.add(port)
  return port
}

const shorten = (name: string, suffix: string): string =>
  name.slice(0, LONGEST_PORT_NAME - suffix.length).replace(/-+$/, '') + suffix

/** What the app's port `name` is called once the proxy has taken the name: `http-origin`, unique in the pod. */
export const originPortName = (spec: PodSpec, name: string): string => {
  const taken = new Set(allContainers(spec).flatMap((c) => (c.ports ?? []).map((port) => port.name)))
  let candidate = shorten(name, '-origin')
  for (let n = 2; taken.has(candidate); n += 1) candidate = shorten(name, `-origin${n}`)
  return candidate
}
