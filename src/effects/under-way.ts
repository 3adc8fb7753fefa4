// Whether a plan is being applied in this process just now: then nothing but a signal may end it early.
let plans = 0

/** Does work that has to come to its end. */
export const underWay = async <T>(work: () => Promise<T>): Promise<T> => {
  plans++
  try {
    return await work()
  } finally {
    plans--
  }
}

/** True while such work goes on. */
export const isUnderWay = (): boolean => plans > 0
