// The bytes of a log, whatever it is packed with, a chunk at a time, the next one read while one is worked on.
import {spawn} from 'node:child_process'
import type {FileHandle} from 'node:fs/promises'
import {createGunzip} from 'node:zlib'

import {find} from 'mailops/effects'

// Of plain files; large enough that the calls do not count, small enough to stay in the processor's cache.
const CHUNK = 1 << 20
// Of packed ones, some ten times as much unpacked.
const PACKED_CHUNK = 1 << 17

/** Told of what could not be read; what came before is good. */
export type Complain = (text: string) => void

/** Starts the next step before it gives out the last one. A chunk is good until the next one but one is asked for. */
async function* ahead(steps: AsyncGenerator<Buffer, void>): AsyncGenerator<Buffer, void> {
  let next = steps.next()
  try {
    for (let step = await next; step.done !== true; step = await next) {
      next = steps.next()
      // Who stops early never waits for it, and what it fails with concerns nobody.
      next.catch(() => {})
      yield step.value
    }
  } finally {
    await next.catch(() => {})
    await steps.return()
  }
}

/** The bytes of a file from a position on, to its end as it is when it is reached. */
async function* plain(file: FileHandle, size: number, from = 0): AsyncGenerator<Buffer, void> {
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)]
  let position = from
  for (let turn = 0; ; turn = (turn + 1) % 3) {
    const buffer = buffers[turn]!
    // A pipe has no positions.
    const {bytesRead} = await file.read(buffer, 0, size, from < 0 ? null : position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

// Feeds a stream by hand: one that fails while it is piped throws away what it had unpacked already.
class Gunzip {
  /** Why it failed. */
  failure: Error | null = null
  /** Nothing more comes: the end, garbage behind the end, or a failure. */
  ended = false
  private readonly stream = createGunzip({chunkSize: CHUNK})
  private ready: Buffer[] = []
  private wake: () => void = () => {}

  constructor() {
    this.stream.on('data', (chunk: Buffer) => void this.ready.push(chunk))
    this.stream.on('error', error => void (this.failure = error))
    // The callback of a write that fails may come before either.
    for (const event of ['end', 'error', 'close'])
      this.stream.on(event, () => {
        this.ended = true
        this.wake()
      })
  }

  /** Takes packed bytes (null: that was all) and returns what is unpacked by then. */
  async take(packed: Buffer | null): Promise<Buffer[]> {
    if (!this.ended)
      await new Promise<void>(resolve => {
        this.wake = resolve
        if (packed === null) this.stream.end()
        else this.stream.write(packed, () => resolve())
      })
    const unpacked = this.ready
    this.ready = []
    return unpacked
  }

  close(): void {
    this.stream.destroy()
  }
}

/**
 * What is whole in the piece that failed: all before it again, without giving it out, then the piece byte by byte,
 * since zlib gives out nothing of the bytes in which it fails. Takes seconds, and only where a file is damaged.
 */
async function* salvaged(file: FileHandle, before: number, piece: number): AsyncGenerator<Buffer, void> {
  const gunzip = new Gunzip()
  const buffer = Buffer.allocUnsafe(PACKED_CHUNK)
  try {
    for (let position = 0; position < before && !gunzip.ended; ) {
      const {bytesRead} = await file.read(buffer, 0, Math.min(PACKED_CHUNK, before - position), position)
      if (bytesRead === 0) return
      position += bytesRead
      await gunzip.take(buffer.subarray(0, bytesRead))
    }
    const {bytesRead} = await file.read(buffer, 0, Math.min(piece, PACKED_CHUNK), before)
    for (let at = 0; at < bytesRead && !gunzip.ended; at++) yield* await gunzip.take(buffer.subarray(at, at + 1))
  } finally {
    gunzip.close()
  }
}

/** @param file to read again from where it is damaged; null for a pipe, of which nothing can be read twice */
async function* gunzipped(packed: AsyncGenerator<Buffer, void>, complain: Complain, file: FileHandle | null): AsyncGenerator<Buffer, void> {
  const gunzip = new Gunzip()
  let before = 0
  try {
    for await (const chunk of packed) {
      yield* await gunzip.take(chunk)
      if (gunzip.failure !== null && file !== null) yield* salvaged(file, before, chunk.length)
      if (gunzip.ended) break
      before += chunk.length
    }
    yield* await gunzip.take(null)
    const {failure} = gunzip
    if (failure !== null) complain(`is damaged or cut off (${failure.message}); what came before was read`)
  } finally {
    gunzip.close()
  }
}

async function* unpackedBy(program: string, file: FileHandle, complain: Complain): AsyncGenerator<Buffer, void> {
  const path = find(program)
  if (path === null) return complain(`is packed with ${program}, which is not on this machine`)
  const child = spawn(path, ['-dc'], {stdio: [file.fd, 'pipe', 'ignore']})
  const ended = new Promise<number | null>(resolve => {
    child.once('error', () => resolve(null))
    child.once('exit', resolve)
  })
  try {
    for await (const chunk of child.stdout!) yield chunk as Buffer
    const status = await ended
    if (status !== 0) complain(`is damaged or cut off: ${program} ended with ${status ?? 'a signal'}; what came before was read`)
  } finally {
    child.kill()
  }
}

const MAGIC: readonly (readonly [string, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
]

const packerOf = async (file: FileHandle): Promise<string | null> => {
  const head = Buffer.alloc(6)
  const {bytesRead} = await file.read(head, 0, head.length, 0)
  return MAGIC.find(([, magic]) => bytesRead >= magic.length && magic.every((byte, index) => head[index] === byte))?.[0] ?? null
}

// Of a pipe the first bytes cannot be read twice.
async function* piped(file: FileHandle, complain: Complain): AsyncGenerator<Buffer, void> {
  const chunks = plain(file, PACKED_CHUNK, -1)
  const first = await chunks.next()
  if (first.done === true) return
  const whole = (async function* () {
    yield first.value
    yield* chunks
  })()
  if (first.value[0] === 0x1f && first.value[1] === 0x8b) yield* gunzipped(whole, complain, null)
  else yield* whole
}

/**
 * The unpacked bytes of a file.
 * @param from where to begin in a plain file
 * @param complain told when it is cut off or damaged; never thrown, since the rest is worth as much
 */
export const bytesOf = async (file: FileHandle, complain: Complain, from = 0): Promise<AsyncGenerator<Buffer, void>> => {
  if (!(await file.stat()).isFile()) return piped(file, complain)
  const packer = await packerOf(file)
  if (packer === null) return ahead(plain(file, CHUNK, from))
  return ahead(packer === 'gzip' ? gunzipped(ahead(plain(file, PACKED_CHUNK)), complain, file) : unpackedBy(packer, file, complain))
}
