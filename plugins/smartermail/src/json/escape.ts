// A value as it is written into JSON.

const isUnsafe = /[\u2028\u2029]|\p{Cs}/gu
const unicode = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A string with its quotes. */
export const jsonString = (value: string): string => JSON.stringify(value).replace(isUnsafe, unicode)

/** A value for a place where a number, true, false or null stands: itself where it is one, else a string. */
export const jsonScalar = (value: string): string =>
  /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(value) ? value : jsonString(value)
