// A PCRE2 pattern and how far it has been read.

export class PcreInput {
  readonly pattern: string
  position = 0
  /** Inside \Q...\E, where every byte stands for itself. */
  quoted = false

  constructor(pattern: string) {
    this.pattern = pattern
  }

  get atEnd(): boolean {
    return this.position >= this.pattern.length
  }

  /** The char at `position + ahead`, '' beyond the end. */
  peek(ahead = 0): string {
    return this.pattern[this.position + ahead] ?? ''
  }

  /** Takes one char; '' at the end. */
  take(): string {
    const char = this.peek()
    this.position++
    return char
  }

  /** True, and taken, when the text comes next. */
  accept(text: string): boolean {
    if (!this.pattern.startsWith(text, this.position)) return false
    this.position += text.length
    return true
  }

  /** Takes what a sticky expression matches here, '' when it matches nothing. */
  match(sticky: RegExp): string {
    sticky.lastIndex = this.position
    const found = sticky.exec(this.pattern)?.[0] ?? ''
    this.position += found.length
    return found
  }
}
