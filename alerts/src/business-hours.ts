/** When people of the company are at work. */

export const BUSINESS_HOURS = {
  name: 'business-hours',
  location: 'Europe/Moscow',
  weekdays: 'monday:friday',
  start: '09:00',
  end: '18:00'
} as const

/** As Alertmanager's `time_intervals` want it. */
export const timeInterval = () => ({
  name: BUSINESS_HOURS.name,
  time_intervals: [
    {
      weekdays: [BUSINESS_HOURS.weekdays],
      times: [{ start_time: BUSINESS_HOURS.start, end_time: BUSINESS_HOURS.end }],
      location: BUSINESS_HOURS.location
    }
  ]
})
