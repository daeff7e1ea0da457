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

const probes = (container: Container): Handler[] =>
  [
    container.livenessProbe,
    container.readinessProbe,
    container.startupProbe,
    container.lifecycle?.preStop,
    container.lifecycle?.postStart
  ].filter((handler) => handler !== undefined)

const calledPorts = ({ httpGet, tcpSocket }: Handler): (number | string | undefined)[] => [
  httpGet?.port,
  tcpSocket?.port
]

/** Every port number that some container declares or that a probe calls: they share one network namespace. */
export const usedPorts = (spec: PodSpec): Set<number> => {
  const containers = allContainers(spec)
  const declared = containers.flatMap((container) =>
    (container.ports ?? []).map((port) => port.containerPort)
  )
  const called = containers.flatMap(probes).flatMap(calledPorts)
  return new Set([...declared, ...called.filter((port) => typeof port === 'number')])
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
