/**
 * @peculiar/x509 uses tsyringe, which refuses to load without the metadata reflection API
 * (https://rbuckton.github.io/reflect-metadata/). These are the three functions that it calls.
 * Import this file before @peculiar/x509.
 */
const store = new WeakMap<object, Map<unknown, unknown>>()

const getOwnMetadata = (key: unknown, target: object): unknown => store.get(target)?.get(key)

const getMetadata = (key: unknown, target: object): unknown => {
  for (let each: object | null = target; each !== null; each = Reflect.getPrototypeOf(each)) {
    const value = getOwnMetadata(key, each)
    if (value !== undefined) return value
  }
  return undefined
}

const defineMetadata = (key: unknown, value: unknown, target: object): void => {
  const own = store.get(target) ?? new Map<unknown, unknown>()
  own.set(key, value)
  store.set(target, own)
}

if (!('getMetadata' in Reflect)) Object.assign(Reflect, { getMetadata, getOwnMetadata, defineMetadata })

export {}
