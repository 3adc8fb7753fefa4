// In which order the files of one message leave the queue and come back.

/** Files of a message by role; `channels` stands for the file in each channel. */
export type PartKind = 'bounce' | 'channels' | 'info' | 'todo' | 'intd' | 'mess'

/**
 * Order of removal, right for every state that has mess/N: each prefix is legal or heals itself.
 * - bounce first: channels gone before it, qmail-send would send the bounce of a purged message;
 * - channels before info: info alone gone leaves orphans that qmail-send never looks at again;
 * - info and channels before todo: todo gone first leaves a half-written S5 that goes to some of the recipients;
 * - mess last: it holds the number (its inode), and the next tenant of N would meet whatever is left.
 */
export const REMOVAL_ORDER: readonly PartKind[] = ['bounce', 'channels', 'info', 'todo', 'intd', 'mess']

/**
 * Order of restoring, with qmail-send stopped; not the mirror of removal.
 * - mess first: it takes the number;
 * - todo before channels and info: what stands beside a todo/N is a remnant that preprocessing throws away, while
 *   channels and info without it are a message deliverable to some of its recipients;
 * - info last where there is no todo: info without channels is a finished message, which qmail-send removes.
 */
export const RESTORE_ORDER: readonly PartKind[] = ['mess', 'intd', 'todo', 'channels', 'bounce', 'info']
