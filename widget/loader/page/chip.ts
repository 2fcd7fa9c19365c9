// The chip: a real button in place of the page's link, looking just as the link did.

import { nonce } from './site';

const CSS = `
slot[hidden],[part=chip][hidden]{display:none!important}
[part=chip]{all:unset;font:inherit;color:var(--candor-chip-color,inherit);cursor:pointer;position:relative;
text-decoration:underline dotted 1px;text-underline-offset:.25em;-webkit-tap-highlight-color:transparent}
[part=chip]:hover{text-decoration-style:solid}
[part=chip]::after{content:"";position:absolute;inset:-.6em -.3em}
[part=chip]:focus-visible{outline:2px solid var(--candor-accent,currentColor);outline-offset:.2em;border-radius:2px}
[aria-busy=true]{cursor:progress}`;

let sheet: CSSStyleSheet | undefined;

/** One sheet for all roots; a nonced style element where sheets cannot be made. */
export function style(root: ShadowRoot, css: string, made?: CSSStyleSheet): CSSStyleSheet | undefined {
  try {
    if (!made) (made = new CSSStyleSheet()).replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, made];
  } catch {
    const element = document.createElement('style');
    element.nonce = nonce;
    element.textContent = css;
    root.append(element);
  }
  return made;
}

/** What decides the size of a line of text; copied where the page styles the link itself. */
const SIZE = ['font', 'letterSpacing', 'wordSpacing', 'textTransform', 'padding', 'border', 'borderRadius', 'margin', 'background', 'display'] as const;

export class Chip {
  readonly button = document.createElement('button');
  readonly slot = document.createElement('slot');

  constructor(
    private host: HTMLElement,
    root: ShadowRoot,
  ) {
    sheet = style(root, CSS, sheet);
    const { button, slot } = this;
    button.hidden = true;
    button.setAttribute('part', 'chip');
    button.setAttribute('aria-haspopup', 'dialog');
    this.state(false, false);
    root.append(slot, button);
    // Frameworks change the text in the link they made.
    new MutationObserver(() => button.hidden || this.take()).observe(host, { childList: true, subtree: true, characterData: true });
  }

  get link(): HTMLAnchorElement | null {
    return this.host.querySelector('a');
  }

  /** The button takes the link's place, words and measure; nothing on the page moves. */
  take(): void {
    const { button, link, slot } = this;
    if (link) {
      const from = getComputedStyle(link);
      const base = getComputedStyle(this.host);
      for (const name of SIZE) if (from[name] !== base[name]) button.style[name] = from[name];
    }
    button.textContent = link?.textContent?.trim() || this.host.getAttribute('label') || 'Why?';
    slot.hidden = true;
    button.hidden = false;
  }

  /** The link is a link again. */
  give(): void {
    const had = this.button.matches(':focus');
    this.slot.hidden = false;
    this.button.hidden = true;
    if (had) this.link?.focus();
  }

  state(busy: boolean, expanded: boolean): void {
    this.button.setAttribute('aria-busy', busy as unknown as string);
    this.button.setAttribute('aria-expanded', expanded as unknown as string);
  }
}
