// One change of one value: what the plan shows, and where the bytes stand.
import type {ValueKind} from '../inventory/inventory.js'
import type {Places} from '../text/position.js'
import type {Form, Leaf, Span} from './leaf.js'

/** A value that was found, with its place: an edit may be made of it later. */
export interface Spot {
  readonly file: string
  readonly location: string
  readonly line: number
  readonly column: number
  /** Name of the attribute, element or member. */
  readonly name: string
  readonly value: string
  readonly form: Form
  readonly span: Span
  readonly index: number
  readonly attribute: string | null
}

/** What is to become of it. */
export interface Edit extends Spot {
  readonly kind: ValueKind | 'other'
  readonly after: string
  /** The option that asks for it: `--map C:\SmarterMail=D:\Mail`. */
  readonly why: string
}

/** The spot of a leaf, while it is visited. */
export const spotOf = (file: string, leaf: Leaf, places: Places): Spot => {
  const span = leaf.span()
  const {line, column} = places.at(span.start)
  return {
    file, location: leaf.location(), line, column, name: leaf.name, value: leaf.value,
    form: leaf.form(), span, index: leaf.index, attribute: leaf.attribute,
  }
}
