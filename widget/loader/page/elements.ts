// The three elements. What they need to draw a card is fetched when somebody turns to them.

import type { Fault, Spec } from '../core/types';
import { Chip } from './chip';
import { blocked, hide, language, load, show } from './core';
import { kept } from './kept';
import { diagnose, quiet } from './report';
import { rests } from './rest';

abstract class CandorElement extends HTMLElement {
  static observedAttributes = ['open', 'recommendation', 'item', 'source', 'lang'];
  readonly root = this.attachShadow({ mode: 'open' });
  protected spec_?: Spec;
  /** What was pressed: where no card can come it is followed, and null from then on. */
  link_?: HTMLElement | null;
  private built_ = false;

  connectedCallback(): void {
    if (!this.built_) {
      this.built_ = true;
      this.dataset.state ??= 'idle';
      this.build_();
      const warm = () => void load(language(this)).catch(quiet);
      for (const intent of ['pointerenter', 'focusin'])
        this.addEventListener(intent, warm, { once: true });
      // A press of Enter on our button is no shortcut of the page's.
      for (const key of ['keydown', 'keyup', 'keypress']) this.root.addEventListener(key, (event) => event.stopPropagation());
    }
    if (this.spec_) this.follow_(this.spec_);
    else this.settle_();
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
    if (!this.built_ || before === after) return;
    if (name === 'open' && after === null) this.close();
    else if (name !== 'open' && this.spec_) this.follow_(this.spec_);
    else this.settle_();
  }

  open(): void {
    if (this.spec_) return;
    const spec: Spec = (this.spec_ = {
      kind: this.localName.slice(7) as Spec['kind'],
      element: this,
      root: this.root,
      lang: language(this),
      closed: () => this.close(),
      failed: (cause) => this.fall_(cause),
      ...this.place_(),
    });
    this.dataset.state = 'loading';
    this.waiting_(true);
    this.follow_(spec);
  }

  private follow_(spec: Spec): void {
    show(spec)
      // What was pressed led to a card: it is followed for no later one.
      .then(() => (this.link_ &&= undefined))
      .catch((cause) => this.spec_ === spec && this.fall_(blocked(cause)))
      .finally(() => this.waiting_(false));
  }

  close(): void {
    if (!this.spec_) return;
    hide(this);
    this.over_('idle');
  }

  private over_(state: string): void {
    this.spec_ = undefined;
    this.dataset.state = state;
    // Taken out of the page for a while it is open again where it comes back.
    if (this.isConnected) this.removeAttribute('open');
    this.waiting_(false);
  }

  protected settle_(): void {
    if (this.hasAttribute('open')) this.open();
  }

  /** Where the service answers, the press is not lost. */
  protected fall_({ code, message, fix, reachable }: Fault): void {
    hide(this);
    this.over_('fallback');
    this.dataset.tier = 'html';
    diagnose(code, message, fix, this);
    const link = this.link_;
    if (reachable) (this.link_ = null), link?.click();
  }

  protected build_(): void {
    this.root.append(document.createElement('slot'));
  }
  protected place_(): Partial<Spec> {
    return {};
  }
  protected waiting_(_is: boolean): void {}
}

/** The chip and its card. */
export class Why extends CandorElement {
  private chip_!: Chip;

  protected override build_(): void {
    const chip = (this.chip_ = new Chip(this, this.root));
    chip.take();
    chip.button.addEventListener('click', () => (this.spec_ ? this.close() : ((this.link_ = chip.link), this.open())));
  }

  protected override place_(): Partial<Spec> {
    return { anchor: this.chip_.button };
  }

  protected override waiting_(is: boolean): void {
    this.chip_.state(is, !!this.spec_);
  }

  /** The chip is the page's link again. */
  protected override fall_(fault: Fault): void {
    this.chip_.give();
    super.fall_(fault);
  }
}

/** The question, in the list's own place. Being seen is what opens it. */
export class Ask extends CandorElement {
  private seen_?: IntersectionObserver;

  protected override settle_(): void {
    // Answered with a no on this device: not asked again, until its time has come. Another question may be drawn.
    const over = !this.spec_ && rests('recommendations/' + this.getAttribute('source'), kept);
    this.style.display = over ? 'none' : '';
    if (over) return;
    this.seen_ ??= new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.seen_?.disconnect(), this.open();
    });
    this.seen_.observe(this);
  }

  protected override place_(): Partial<Spec> {
    return { inline: true };
  }
}

/** All choices: over the page from a link, or where it stands when `open` is set on it. */
export class Choices extends CandorElement {
  protected override place_(): Partial<Spec> {
    return { inline: this.hasAttribute('open') };
  }
}
