/** The recommended labels (kubernetes.io, "Recommended Labels") in the one form that these manifests use. */

export interface LabelOptions {
  /** Name of the application; together with the namespace it selects its pods. */
  readonly name: string
  /**
   * Role of the application in the whole, such as `database` or `api`.
   * @default - no component label
   */
  readonly component?: string
  /**
   * The product that the application belongs to.
   * @default alexandrite
   */
  readonly partOf?: string
}

/** What a Service, a Deployment or a disruption budget selects by. A selector is immutable: never add to it. */
export function selectorLabels(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name }
}

/** Labels of an object: those of the selector and what only informs. */
export function objectLabels(options: LabelOptions): Record<string, string> {
  return {
    ...selectorLabels(options.name),
    'app.kubernetes.io/part-of': options.partOf ?? 'alexandrite',
    ...(options.component === undefined ? {} : { 'app.kubernetes.io/component': options.component })
  }
}
