// A backup is restored that is older than the person: the device brings back its last word on each control.
import { type Locator, type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { type Over, overLine } from '../house/line';
import { allowed, kept, quietly } from '../house/person';
import { visit } from '../house/shop';
import { Store } from '../house/store';

const here = demo();
/** The service that pages reach. */
let inside = '';
const onLine = overLine({ get shop() { return here.shop; }, get service() { return here.service; }, get inside() { return inside; } });

interface Scene extends Over {
  store: Store;
  /** The backup of nobody takes the place of the store. */
  lose(): Promise<void>;
}

const within = (run: (scene: Scene) => Promise<void>): Promise<void> =>
  onLine(async (over) => {
    const store = new Store(here);
    inside = await store.serve();
    const lose = async (): Promise<void> => {
      await over.line.shut();
      inside = await store.restore();
      await over.line.listen();
    };
    try {
      await quietly(over.page);
      await run({ ...over, store, lose });
    } finally {
      await store.end();
    }
  });

for (const [who, persona] of [['somebody without an account', 'nora'], ['somebody signed in', 'hanna']] as const) {
  test(`restored from before ${who} came: the next page brings back what was refused and what was granted`, () =>
    within(async ({ page, store, lose }) => {
      await begin(page, persona);
      await lose();
      await visit(page, here.shop, persona);
      await panel(page);
      await expect.poll(() => stands(page, store)).toEqual({ basket: 'granted', returns: 'denied' });
      await expect(toggle(page, 'Your basket')).toHaveAttribute('aria-checked', 'true');
      await expect(toggle(page, 'Your returns')).toHaveAttribute('aria-checked', 'false');
      expect([await allowed(page, 'basket'), await allowed(page, 'returns')]).toEqual([true, false]);
    }));

  test(`restored from before ${who} came: a press on the page that stands open is taken, and what was refused before it too`, () =>
    within(async ({ page, store, lose }) => {
      await begin(page, persona);
      await lose();
      await toggle(page, 'Your basket').click();
      await expect(row(page, 'Your basket').locator('.done')).toContainText('Saved', { timeout: 20_000 });
      await expect.poll(() => stands(page, store)).toEqual({ basket: 'denied', returns: 'denied' });
    }));
}

test('restored from before somebody signed in came, and their card opened again on the page that stands open: it brings back what they chose', () =>
  within(async ({ page, store, lose }) => {
    await begin(page, 'hanna');
    await page.keyboard.press('Escape');
    await expect(toggle(page, 'Your basket')).toHaveCount(0);
    await lose();
    await panel(page);
    await expect.poll(() => stands(page, store)).toEqual({ basket: 'granted', returns: 'denied' });
    await expect(toggle(page, 'Your basket')).toHaveAttribute('aria-checked', 'true');
    await expect(toggle(page, 'Your returns')).toHaveAttribute('aria-checked', 'false');
  }));

/** The basket is granted and the returns are refused, and both are saved. */
async function begin(page: Page, persona: string): Promise<void> {
  await visit(page, here.shop, persona);
  await panel(page);
  for (const [name, ends] of [['Your basket', 'true'], ['Your returns', 'true'], ['Your returns', 'false']] as const) {
    await toggle(page, name).click();
    await expect(toggle(page, name)).toHaveAttribute('aria-checked', ends);
    await expect.poll(() => waiting(page)).toEqual([]);
    await expect(row(page, name).locator('.done')).toContainText('Saved');
  }
}

const panel = (page: Page): Promise<void> => page.locator('a[data-candor-open="choices"]').first().click();
const toggle = (page: Page, name: string): Locator => page.getByRole('switch', { name });
const row = (page: Page, name: string): Locator => page.locator('candor-choices li.row').filter({ has: toggle(page, name) });
const waiting = async (page: Page): Promise<string[]> => (await kept(page)).filter((key) => key.startsWith('out:'));

/** By the service's own record of whoever is at the page. */
const stands = async (page: Page, store: Store): Promise<Record<string, string>> =>
  store.stands(await page.evaluate(() => (window as any).candor.subject()));
