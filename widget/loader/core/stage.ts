// Where a card stands: in its element's place, beside its chip, or at the foot of a narrow screen.

import type { Spec } from './types';

const narrow = matchMedia('(max-width: 40rem)');
const EDGE = 8;
const LEAST = 240;

/** One card at a time lies over the page. */
let over: Stage | undefined;

export class Stage {
  /** The framework's root. */
  readonly mount = document.createElement('div');
  private declare dialog_?: HTMLDialogElement;
  private before_ = document.activeElement as HTMLElement | null;
  private declare above_: boolean;
  private stop_ = new AbortController();

  constructor(
    readonly spec: Spec,
    private ended_: () => void,
  ) {
    const { root, inline } = spec;
    if (inline) {
      for (const slot of root.querySelectorAll('slot')) slot.hidden = true;
      root.append(this.mount);
      return;
    }
    over?.close();
    over = this;
    const dialog = (this.dialog_ = document.createElement('dialog'));
    dialog.tabIndex = -1;
    dialog.append(this.mount);
    root.append(dialog);
  }

  /** Called once something is drawn, so that the first size is the right one. */
  open(): void {
    const dialog = this.dialog_;
    if (!dialog) return;
    const { signal } = this.stop_;
    const place = () => this.place_();
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      this.close();
    };
    this.show_();
    dialog.addEventListener('keydown', escape, { signal });
    document.addEventListener('keydown', escape, { signal });
    dialog.addEventListener('cancel', (event) => (event.preventDefault(), this.close()), { signal });
    // The backdrop is the dialog itself: what is inside covers all of it.
    dialog.addEventListener('click', (event) => event.target === dialog && this.close(), { signal });
    addEventListener('scroll', place, { capture: true, passive: true, signal });
    addEventListener('resize', place, { signal });
    narrow.addEventListener('change', () => this.show_(), { signal });
    dialog.focus({ preventScroll: true });
  }

  /** Its element was moved in the document: what lay on top does not any more. */
  again(): void {
    const dialog = this.dialog_;
    if (dialog?.showPopover && !dialog.matches(':popover-open,:modal')) this.show_();
  }

  close(): void {
    if (this.stop_.signal.aborted) return;
    this.remove();
    this.ended_();
    this.spec.closed();
  }

  /** Takes it off the page, and gives focus back to where it was taken from. */
  remove(): void {
    const { dialog_: dialog, spec } = this;
    this.stop_.abort();
    if (over === this) over = undefined;
    const active = document.activeElement;
    const held = !active || active === document.body || active === spec.element || !!spec.root.activeElement;
    (dialog ?? this.mount).remove();
    if (!dialog) for (const slot of spec.root.querySelectorAll('slot')) slot.hidden = false;
    else if (held) (spec.anchor ?? this.before_)?.focus?.({ preventScroll: true });
  }

  /** Beside the chip where there is room, else as a sheet from below. */
  private show_(): void {
    const dialog = this.dialog_!;
    const { anchor } = this.spec;
    if (dialog.open) dialog.close();
    dialog.removeAttribute('popover');
    dialog.className = narrow.matches ? 'sheet' : anchor ? 'beside' : 'centre';
    dialog.style.cssText = '';
    if (dialog.className === 'beside') {
      if (dialog.showPopover) {
        dialog.popover = 'manual';
        dialog.showPopover();
      } else dialog.show();
      // Above or below is chosen once, so that a card that grows does not jump.
      const chip = anchor!.getBoundingClientRect();
      const below = innerHeight - chip.bottom;
      this.above_ = below < Math.min(dialog.scrollHeight + 2 * EDGE, 2 * LEAST) && chip.top > below;
      this.place_();
    } else dialog.showModal();
  }

  private place_(): void {
    const { dialog_: dialog, above_: above } = this;
    const { anchor } = this.spec;
    if (dialog?.className !== 'beside' || !anchor) return;
    const chip = anchor.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const height = innerHeight;
    const rtl = getComputedStyle(anchor).direction === 'rtl';
    const wanted = rtl ? chip.right - dialog.offsetWidth : chip.left;
    const edge = clamp(above ? height - chip.top : chip.bottom, 0, height - LEAST) + EDGE;
    const left = clamp(wanted, EDGE, width - dialog.offsetWidth - EDGE);
    dialog.style.cssText = `inset:auto;left:${left}px;${above ? 'bottom' : 'top'}:${edge}px;max-height:${height - edge - EDGE}px`;
  }
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(value, most));
