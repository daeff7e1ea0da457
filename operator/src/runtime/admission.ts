/** Types of admission.k8s.io/v1, and the translation between a handler's answer and the wire. */

/** What the API server asks about. */
export interface AdmissionRequest {
  readonly uid: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly subResource?: string
  /** Absent when the server makes the name from generateName. */
  readonly name?: string
  readonly namespace?: string
  readonly userInfo: { readonly username?: string; readonly groups?: readonly string[] }
  readonly object: unknown
  readonly oldObject: unknown
  /** True: the handler must have no side effects. */
  readonly dryRun?: boolean
}

/** RFC 6902. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string }

export type AdmissionAnswer =
  | {
      readonly allowed: true
      readonly patch?: readonly JsonPatchOperation[]
      /** Shown to the user by kubectl; at most 256 characters each. */
      readonly warnings?: readonly string[]
    }
  | { readonly allowed: false; readonly message: string; readonly warnings?: readonly string[] }

/** `path` is what the URL has below the registered path: "/b" for /a/b and the handler of /a, else "". */
export type AdmissionHandler = (
  request: AdmissionRequest,
  context: { readonly signal: AbortSignal; readonly path: string }
) => AdmissionAnswer | Promise<AdmissionAnswer>

const API_VERSION = 'admission.k8s.io/v1'
const LONGEST_WARNING = 256

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** The request of an AdmissionReview. @throws an Error that says what it lacks. */
export const parseReview = (body: string): AdmissionRequest => {
  const review: unknown = JSON.parse(body)
  if (!isRecord(review) || review.apiVersion !== API_VERSION || review.kind !== 'AdmissionReview') {
    throw new Error(`expected an AdmissionReview of ${API_VERSION}`)
  }
  const { request } = review
  if (!isRecord(request) || typeof request.uid !== 'string')
    throw new Error('the review has no request with a uid')
  return request as Record<string, unknown> & AdmissionRequest
}

const verdict = (answer: AdmissionAnswer): object => {
  if (!answer.allowed)
    return { allowed: false, status: { code: 403, reason: 'Forbidden', message: answer.message } }
  if (answer.patch === undefined || answer.patch.length === 0) return { allowed: true }
  const patch = Buffer.from(JSON.stringify(answer.patch)).toString('base64')
  return { allowed: true, patchType: 'JSONPatch', patch }
}

/** The AdmissionReview that answers the request with this uid. */
export const formatReview = (uid: string, answer: AdmissionAnswer): string => {
  const warnings = answer.warnings?.map((warning) => warning.slice(0, LONGEST_WARNING))
  const response = { uid, ...verdict(answer), ...(warnings?.length ? { warnings } : {}) }
  return JSON.stringify({ apiVersion: API_VERSION, kind: 'AdmissionReview', response })
}
