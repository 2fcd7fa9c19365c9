// The shop and its card in the words of somebody who uses them.
import { type Locator, type Page, expect } from '@playwright/test';

/** What identifies the card's parts whatever the language. */
export const chip = (page: Page): Locator => page.locator('#picks h2 candor-why').getByRole('button').first();

/** The card of the list. */
export const card = (page: Page): Locator => page.locator('#picks h2 candor-why section.card');

/** The row of one source in the open card. */
export const row = (page: Page, source: string): Locator =>
  card(page).locator('li.row').filter({ has: page.locator(`h5[id="candor-recommendations/${source}"]`) });

export const toggle = (scope: Locator): Locator => scope.getByRole('switch').first();

/** Turns a switch over, from the keyboard: the reasons above it change with the picks, and where a mouse pressed it may not be any more. */
export async function turn(scope: Locator, to: 'on' | 'off'): Promise<void> {
  await toggle(scope).press('Space');
  await expect(toggle(scope)).toHaveAttribute('aria-checked', String(to === 'on'));
}

/** The list on the page, as item ids in their order. */
export const items = (page: Page): Promise<string[]> =>
  page.locator('#picks ol.goods > li').evaluateAll((all) => all.map((li) => (li as HTMLElement).dataset.item ?? ''));

/** A preview in the card, as item ids in their order. */
export const previewed = (scope: Locator): Promise<string[]> =>
  scope.locator('.preview').first().locator('ol > li a').evaluateAll((all) => all.map((a) => (a as HTMLAnchorElement).pathname.split('/').pop() ?? ''));

/** The button beside the words of an effect that opens its preview. */
export const see = (scope: Locator): Locator => scope.locator(':scope > p button[aria-expanded]').first();

export const undo = (scope: Locator): Locator => scope.locator(':scope > .done button').first();

export async function visit(page: Page, shop: string, persona: string, path = '/shop'): Promise<void> {
  await page.goto(`${shop}${path}${path.includes('?') ? '&' : '?'}persona=${persona}`);
  await loaded(page);
}

/** Candor has taken over the page's links. */
export async function loaded(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => !Array.isArray((window as { candor?: unknown }).candor) && !!customElements.get('candor-why'))).toBe(true);
}

export type Press = (target: Locator) => Promise<void>;

export const byMouse: Press = (target) => target.click();

/** Reaches its target with Tab alone, as somebody without a mouse does, and presses Enter. */
export const byKeyboard: Press = async (target) => {
  const page = target.page();
  await target.waitFor();
  for (let step = 0; step < 250; step++) {
    if (await target.evaluate((element) => element.matches(':focus'))) {
      await page.keyboard.press('Enter');
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached ${target}`);
};

export async function openCard(page: Page, press: Press = byMouse): Promise<Locator> {
  await press(chip(page));
  await expect(card(page)).toHaveAttribute('data-candor-state', 'ready');
  return card(page);
}

/** Opens a layer of the card by its name. */
export async function openLayer(scope: Locator, name: string, press: Press = byMouse): Promise<Locator> {
  const layer = scope.locator(`details[data-layer="${name}"]`).first();
  await layer.waitFor();
  if (!(await layer.evaluate((details) => (details as HTMLDetailsElement).open))) await press(layer.locator('summary').first());
  return layer;
}

/** Hanna's card with its sources. */
export async function openSources(page: Page, shop: string): Promise<void> {
  await visit(page, shop, 'hanna');
  await openCard(page);
  await openLayer(card(page), 'sources');
}

/** The id of the list on the page. */
export const recommendation = (page: Page): Promise<string | null> => page.locator('#picks').getAttribute('data-recommendation');

/** Waits until the list on the page is another one than `before`. */
export async function newList(page: Page, before: string | null): Promise<void> {
  await expect.poll(() => recommendation(page), { message: 'the shop serves a new list' }).not.toBe(before);
}
