/** When people of the company are at work. */

export const BUSINESS_HOURS = {
  name: 'business-hours',
  location: 'Europe/Moscow',
  weekdays: 'monday:friday',
  start: '09:00',
  end: '18:00'
} as const

/** One of Alertmanager's `time_intervals`. */
export interface TimeInterval {
  readonly name: string
  readonly time_intervals: readonly {
    /** `monday:friday` */
    readonly weekdays: readonly string[]
    readonly times: readonly { readonly start_time: string; readonly end_time: string }[]
    readonly location: string
  }[]
}

export const timeInterval = (): TimeInterval => ({
  name: BUSINESS_HOURS.name,
  time_intervals: [
    {
      weekdays: [BUSINESS_HOURS.weekdays],
      times: [{ start_time: BUSINESS_HOURS.start, end_time: BUSINESS_HOURS.end }],
      location: BUSINESS_HOURS.location
    }
  ]
})
