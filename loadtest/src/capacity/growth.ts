/** Pure: how the order table and the work on it grow. */

export interface Growth {
  /** Orders that are in the table today. */
  readonly orders: number
  /** Orders of the last month. */
  readonly lastMonth: number
  /** How many orders more each month brings than the month before. */
  readonly more: number
}

/** The case: 100 orders a month more than the month before. */
export const MONTHLY_GROWTH = 100

export interface MonthOf {
  /** Orders in the table at the end of the month. */
  readonly orders: number
  /** Orders that the month brought, as a multiple of the last month before today. */
  readonly activity: number
}

/** The company in so many months; 0 is today. */
export const inMonths = ({ orders, lastMonth, more }: Growth, months: number): MonthOf => ({
  orders: orders + months * lastMonth + (more * months * (months + 1)) / 2,
  activity: (lastMonth + more * months) / lastMonth
})
