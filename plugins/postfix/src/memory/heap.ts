// How much of the heap an allocation takes: malloc(3) of glibc on 64-bit machines.

/** Returns the bytes of the chunk that holds `bytes`: a header of 8, rounded up to 16, at least 32 (malloc.c request2size). */
export const chunkBytes = (bytes: number): number => Math.max(32, Math.ceil((bytes + 8) / 16) * 16)

/** Returns the chunk of Postfix's mymalloc(3): 16 bytes of its own lie before what is asked for (mymalloc.c MBLOCK). */
export const mymallocBytes = (bytes: number): number => chunkBytes(bytes + 16)
