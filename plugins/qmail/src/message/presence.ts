// Which files of a message exist, as one number: the queue of a million messages is held as a list of these.

/** Bits of PRESENCE, one a file; the channel at index i of the layout has channelBit(i). */
export type Presence = number

/** The bit of each file that is not of a channel. */
export const PRESENCE = {mess: 1, intd: 2, todo: 4, info: 8, bounce: 16} as const

const FIRST_CHANNEL = 5

/** The most channels that a Presence can tell apart. */
export const MAX_CHANNELS = 26

/** All channel bits. */
export const ANY_CHANNEL = ((1 << MAX_CHANNELS) - 1) << FIRST_CHANNEL

/** Returns the bit of a channel by its index in the layout. */
export const channelBit = (index: number): Presence => 1 << (FIRST_CHANNEL + index)

/** True when the message has a file in any channel. */
export const hasChannel = (presence: Presence): boolean => (presence & ANY_CHANNEL) !== 0

/** Returns the six things that the state table distinguishes as 0 to 63: PRESENCE bits, and 32 for any channel. */
export const stateBits = (presence: Presence): number => (presence & 31) | (hasChannel(presence) ? 32 : 0)
