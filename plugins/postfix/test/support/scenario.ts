// 70 mailing lists with 21 addresses each: 1470 rules, and the one rule that says the same.
const NAMES = [
  'a(buse-ops|nnounce|pache|rt)|b(eta-ops|io(-(games|node))?|o(ard(-jobs)?|ok-(ir|security))|',
  'uilds(-devel)?)|c(he(m-(builds|core)|ss-(games|redis))|ommits-(dovecot|hr))|d(e(lta(-dns)?|',
  'vel(-(dns|pm))?)|o(cs-web|vecot-geo))|e(vents|xim(-chess)?)|fi(lm-dovecot|n-(nginx|security))|go|hr|',
  'java-(events|jobs|support)|kernel-press|m(a(ps|th)|usic(-perl)?)|n(ginx-exim|oc-announce)|',
  'p(h(p-board|ys-abuse)|m(-(bio|docs))?|ython-sql)|qa(-devel)?|r(adio-geo|edis(-ops)?|ust-announce)|',
  's(ales-sales|ecurity|oc(-ruby)?|pam(-legal)?|ql|taff)|tools|users(-(pm|sales))?|web',
].join('')
const COMMANDS = [
  '(-(a(dmins?|rchive)|bounces|confirm|digest|err|faq|help|info|join|l(eave|ists)|moderators|owner|',
  'post|re(post|quest)|subscribe|unsubscribe))?',
].join('')

/** The table of 1470 lines and that of one line. */
export const scenarioA = (): {original: string; product: string} => {
  const locals = new Expander(`(${NAMES})${COMMANDS}`).all()
  return {
    original: locals.map(local => `/^${local}@lists\\.example\\.com$/ mailman:\n`).join(''),
    product: `/^(${NAMES})${COMMANDS}@lists\\.example\\.com$/ mailman:\n`,
  }
}

/** Writes out every text of a pattern made of letters, groups, | and ?. */
class Expander {
  private readonly pattern: string
  private at = 0

  constructor(pattern: string) {
    this.pattern = pattern
  }

  all(): string[] {
    const texts = this.branch()
    while (this.pattern[this.at] === '|') {
      this.at++
      texts.push(...this.branch())
    }
    return texts
  }

  private branch(): string[] {
    let texts = ['']
    while (this.at < this.pattern.length && !'|)'.includes(this.pattern[this.at]!)) {
      const group = this.pattern[this.at] === '('
      this.at++
      const item = group ? this.all() : [this.pattern[this.at - 1]!]
      if (group) this.at++
      const optional = this.pattern[this.at] === '?'
      if (optional) this.at++
      texts = texts.flatMap(text => [...(optional ? [text] : []), ...item.map(more => text + more)])
    }
    return texts
  }
}
