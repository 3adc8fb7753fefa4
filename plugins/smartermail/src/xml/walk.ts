// Walks an XML text with saxes: every value with the place where it is written. Document types are refused.
import {SaxesParser} from 'saxes'

import type {Visitor} from '../document/leaf.js'
import {DocumentFlaw} from '../text/flaw.js'
import {placeOf} from '../text/position.js'
import {ClosedElement, countChild, type Frame} from './frame.js'
import {AttributeLeaf, TextLeaf} from './leaves.js'

/** Deeper than any configuration; xml2js overflows its stack far above it. */
const MOST_DEPTH = 1000
/** A parser that is fed in pieces needs a sixth of the memory. */
const PIECE = 1 << 16

class Walk {
  readonly #file: string
  readonly #text: string
  readonly #visitors: readonly Visitor[]
  readonly #parser = new SaxesParser({position: true, xmlns: false})
  #frame: Frame | null = null
  #index = 0

  constructor(file: string, text: string, visitors: readonly Visitor[]) {
    this.#file = file
    this.#text = text
    this.#visitors = visitors
    this.#listen()
  }

  run(): number {
    if (this.#text.trim() === '') throw this.#flaw('BROKEN_XML', 'the file is empty')
    try {
      for (let at = 0; at < this.#text.length; at += PIECE) this.#parser.write(this.#text.slice(at, at + PIECE))
      this.#parser.close()
    } catch (error) {
      // What our own handlers threw, or a bug of ours.
      if (error instanceof DocumentFlaw || !(error instanceof Error) || error.constructor !== Error) throw error
      throw this.#flaw('BROKEN_XML', error.message.replace(/^[^:]*:?\d+:\d+: /, '').replace(/\.$/, ''))
    }
    return this.#index
  }

  // As few handlers as can be, and none for errors: V8 gives up on an object that gets a dozen members by computed names,
  // and the parser then takes five times as long.
  #listen(): void {
    const parser = this.#parser
    // Entities, parameter entities, external subsets: all of them begin here.
    parser.on('doctype', () => {
      throw this.#flaw('DOCTYPE', 'a document type (<!DOCTYPE ...>) is refused: no SmarterMail writes one, and entities hide in it')
    })
    parser.on('opentag', ({name, attributes}) => this.#begin(name, attributes))
    parser.on('text', text => {
      if (this.#frame !== null) this.#frame.text += text
    })
    parser.on('cdata', text => this.#cdata(text))
    parser.on('comment', () => this.#other())
    parser.on('processinginstruction', () => this.#other())
    parser.on('closetag', ({isSelfClosing}) => this.#close(isSelfClosing))
  }

  #begin(name: string, attributes: Record<string, string>): void {
    const tagEnd = this.#parser.position
    // A bare < cannot stand in the tag itself.
    const tagStart = this.#text.lastIndexOf('<', tagEnd - 1)
    const parent = this.#frame
    const depth = (parent?.depth ?? 0) + 1
    if (depth > MOST_DEPTH) throw this.#flaw('TOO_DEEP', `elements are nested more than ${MOST_DEPTH} deep`)
    this.#frame = {
      name, ordinal: countChild(parent, name), parent, depth, tagStart, tagEnd, attributes, text: '',
      children: 0, cdatas: 0, cdataEnd: 0, counts: null,
    }
    for (const visitor of this.#visitors) visitor.open?.()
  }

  #cdata(text: string): void {
    const frame = this.#frame
    if (frame === null) return
    frame.text += text
    frame.cdatas++
    frame.cdataEnd = this.#parser.position
  }

  #other(): void {
    if (this.#frame !== null) this.#frame.children++
  }

  #close(selfClosing: boolean): void {
    const frame = this.#frame!
    const {position} = this.#parser
    const closeStart = selfClosing ? frame.tagEnd : this.#text.lastIndexOf('</', position - 1)
    const index = this.#index++
    const closed = {source: this.#text, frame, index, closeStart, selfClosing}
    for (const name in frame.attributes) {
      const leaf = new AttributeLeaf(closed, name, frame.attributes[name]!)
      for (const visitor of this.#visitors) visitor.leaf?.(leaf)
    }
    // The white space between elements is no value.
    const isLeaf = frame.counts === null || frame.text.trim() !== ''
    const text = new TextLeaf(closed)
    const group = new ClosedElement(frame, index, position)
    for (const visitor of this.#visitors) {
      if (isLeaf) visitor.leaf?.(text)
      visitor.close?.(group)
    }
    this.#frame = frame.parent
  }

  #flaw(code: string, message: string): DocumentFlaw {
    return new DocumentFlaw(this.#file, {code, ...placeOf(this.#text, Math.max(0, this.#parser.position - 1)), message})
  }
}

/**
 * Walks a text that is to be well-formed XML without a document type; gives the number of elements.
 * @param file its name, for errors
 * @throws DocumentFlaw 65 `BROKEN_XML`, `DOCTYPE`, `TOO_DEEP`, with line and column
 */
export const walkXml = (file: string, text: string, visitors: readonly Visitor[]): number => new Walk(file, text, visitors).run()
