// The three elements. What they need to draw a card is fetched when somebody turns to them.

import type { Spec } from '../core/types';
import { refused } from './api';
import { Chip } from './chip';
import { Blocked, hide, language, load, show } from './core';
import { diagnose, quiet } from './report';

abstract class CandorElement extends HTMLElement {
  static observedAttributes = ['open', 'recommendation', 'item', 'source', 'lang'];
  readonly root = this.attachShadow({ mode: 'open' });
  protected spec?: Spec;
  private built = false;

  connectedCallback(): void {
    if (!this.built) {
      this.built = true;
      this.dataset.state ??= 'idle';
      this.build();
      const warm = () => void load(language(this)).catch(quiet);
      for (const intent of ['pointerenter', 'focusin', 'touchstart'])
        this.addEventListener(intent, warm, { once: true, passive: true });
      // A press of Enter on our button is no shortcut of the page's.
      for (const key of ['keydown', 'keyup', 'keypress']) this.root.addEventListener(key, (event) => event.stopPropagation());
    }
    this.settle();
  }

  /** An element that is only moved is connected again by then, and keeps its card. */
  disconnectedCallback(): void {
    queueMicrotask(() => this.isConnected || this.close());
  }

  /** In another document every node must be made anew. */
  adoptedCallback(): void {
    this.close();
  }

  /** A list that changed gives its element a new id; an open card stays, and follows. */
  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.built || before === after) return;
    if (name === 'open') after === null ? this.close() : this.settle();
    else if (this.spec) this.follow(this.spec);
  }

  open(): void {
    if (this.spec) return;
    const spec: Spec = (this.spec = {
      kind: this.localName.slice(7) as Spec['kind'],
      element: this,
      root: this.root,
      lang: language(this),
      closed: () => this.over('idle'),
      failed: (cause) => this.fall(cause),
      ...this.place(),
    });
    this.dataset.state = 'loading';
    this.waiting(true);
    this.follow(spec);
  }

  private follow(spec: Spec): void {
    show(spec)
      .catch((cause) => this.spec === spec && this.fall(cause))
      .finally(() => this.waiting(false));
  }

  close(): void {
    if (!this.spec) return;
    hide(this);
    this.over('idle');
  }

  private over(state: string): void {
    this.spec = undefined;
    this.dataset.state = state;
    this.removeAttribute('open');
    this.shut();
  }

  protected settle(): void {
    if (this.hasAttribute('open')) this.open();
  }

  protected fall(cause: unknown): void {
    const { code, message, fix } =
      cause instanceof Blocked ? cause : { code: 'failed', message: String((cause as Error)?.message ?? cause), fix: 'Report it; links still work.' };
    hide(this);
    this.over('fallback');
    this.dataset.tier = 'html';
    diagnose(code, message, fix, this);
  }

  protected abstract build(): void;
  protected place(): Partial<Spec> {
    return {};
  }
  protected waiting(_is: boolean): void {}
  protected shut(): void {}
}

/** The chip and its card. */
export class Why extends CandorElement {
  private chip!: Chip;

  protected build(): void {
    const chip = (this.chip = new Chip(this, this.root));
    chip.take();
    chip.button.addEventListener('click', () => (this.spec ? this.close() : this.open()));
  }

  protected override place(): Partial<Spec> {
    return { anchor: this.chip.button };
  }

  protected override waiting(is: boolean): void {
    this.chip.busy(is);
    this.chip.expanded(!!this.spec);
  }

  protected override shut(): void {
    this.chip?.expanded(false);
  }

  /** The chip is the page's link again; where the service answers, the press is not lost. */
  protected override fall(cause: unknown): void {
    super.fall(cause);
    this.chip.give();
    if (cause instanceof Blocked && cause.reachable) this.chip.link?.click();
  }
}

/** The question, in the list's own place. Being seen is what opens it. */
export class Ask extends CandorElement {
  private seen?: IntersectionObserver;

  protected build(): void {
    this.root.append(document.createElement('slot'));
  }

  protected override settle(): void {
    // Answered with a no on this device: not asked again.
    if (refused('recommendations/' + this.getAttribute('source'))) return void (this.style.display = 'none');
    this.seen ??= new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.seen?.disconnect(), this.open();
    });
    this.seen.observe(this);
  }

  protected override place(): Partial<Spec> {
    return { inline: true };
  }
}

/** All choices: over the page from a link, or where it stands when `open` is set on it. */
export class Choices extends CandorElement {
  protected build(): void {
    this.root.append(document.createElement('slot'));
  }

  protected override place(): Partial<Spec> {
    return { inline: this.hasAttribute('open') };
  }
}
