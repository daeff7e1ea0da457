/** What is used of jstat 1, which brings no types of its own. */
declare module 'jstat' {
  interface Distribution<Parameters extends readonly number[]> {
    cdf(x: number, ...parameters: Parameters): number
    /** The quantile. */
    inv(p: number, ...parameters: Parameters): number
  }
  const jstat: {
    readonly jStat: {
      readonly studentt: Distribution<[degreesOfFreedom: number]>
      readonly beta: Distribution<[alpha: number, beta: number]>
    }
  }
  export default jstat
}
