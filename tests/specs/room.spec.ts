// Storage that is full, at once or from some moment on: what an earlier page, this one and other tabs hold is one.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { anonymous, choices as panel, kept, quietly, signIn, stored as databases } from '../house/person';
import { toggle, turn, visit } from '../house/shop';

const here = demo();

/** What somebody unknown refused, as the page may ask. */
const refused = (page: Page) =>
  page.evaluate(() => (window as any).candor.choices().then(({ controls }: any) => Object.keys(controls).filter((id) => controls[id].choice === 'denied').sort()));

/** Refuses by a question that the page draws. */
async function refuse(page: Page, source: string): Promise<void> {
  await page.evaluate((of) => document.body.prepend(Object.assign(document.createElement('candor-ask'), { id: of })) as unknown, source);
  await page.evaluate((of) => document.getElementById(of)!.setAttribute('source', of), source);
  await page.locator(`candor-ask#${source} .equals button`).last().click();
}

/** No signal of the browser's, and a shop whose server keeps nothing for its visitors. */
const bare = (page: Page) =>
  page.addInitScript(() => {
    Object.defineProperty(navigator, 'globalPrivacyControl', { get: () => undefined, configurable: true });
    addEventListener('DOMContentLoaded', () => document.querySelector('script[data-first-party]')?.removeAttribute('data-first-party'));
  });

const full = (page: Page) =>
  page.evaluate(() => {
    Storage.prototype.setItem = () => { throw new DOMException('no room', 'QuotaExceededError'); };
  });

const stored = (page: Page, key: string) => page.evaluate((key) => localStorage.getItem(`candor:pk_demo:${key}`), key);

/** Whether the database holds something refused. */
const dug = (page: Page) =>
  page.evaluate(() => new Promise<boolean>((resolve) => {
    const opening = indexedDB.open('candor:pk_demo:');
    opening.onupgradeneeded = () => opening.transaction!.abort();
    opening.onerror = () => resolve(false);
    opening.onsuccess = () => {
      const asked = opening.result.transaction('kept', 'readwrite').objectStore('kept').get('refused');
      asked.onsuccess = () => { opening.result.close(); resolve(!!asked.result); };
    };
  }));

for (const tells of [true, false])
  test(`localStorage gets full between two refusals of somebody unknown, the browser ${tells ? 'tells' : 'does not tell'} which databases there are: the next page knows both`, async ({ page }) => {
    await bare(page);
    if (!tells) await page.addInitScript(() => delete (IDBFactory.prototype as any).databases);
    await visit(page, here.shop, 'nora');
    await refuse(page, 'basket');
    await expect.poll(() => refused(page)).toEqual(['recommendations/basket']);
    await full(page);
    await refuse(page, 'views');
    await expect.poll(() => refused(page)).toEqual(['recommendations/basket', 'recommendations/views']);
    // What localStorage had of it is older than what the database has, and goes.
    for (const key of ['refused', 'state']) await expect.poll(() => stored(page, key)).toBeNull();
    await visit(page, here.shop, 'nora');
    await expect.poll(() => refused(page)).toEqual(['recommendations/basket', 'recommendations/views']);
  });

test('a tab ended while it told that somebody was forgotten: one that gets full later does not tell it again', async ({ page }) => {
  await bare(page);
  await visit(page, here.shop, 'nora');
  await refuse(page, 'basket');
  await expect.poll(() => stored(page, 'refused')).toContain('basket');
  await page.evaluate(() => {
    localStorage.setItem('candor:pk_demo:tabs', '{"over":1}');
    const heard: string[] = [];
    new BroadcastChannel('candor:pk_demo').onmessage = ({ data }) => void heard.push(data.key);
    (window as any).heard = heard;
  });
  await full(page);
  await refuse(page, 'views');
  await expect.poll(() => stored(page, 'refused')).toBeNull();
  const heard = await page.evaluate(() => (window as any).heard);
  expect(heard).toEqual(expect.arrayContaining(['device', 'refused']));
  expect(heard).not.toContain('tabs');
});

test('localStorage is full and the database slow when somebody signs in: what they refused before leaves localStorage once it is on disk', async ({ page }) => {
  await bare(page);
  await page.route('**/v1/decisions', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  const basket = await panel(page);
  for (const said of ['On.', 'Off.']) {
    await basket.getByRole('switch').click();
    await expect(basket.locator('.done')).toContainText(said);
  }
  const waiting = async () => (await kept(page)).filter((key) => key.startsWith('out:anon:')).length;
  await expect.poll(waiting).toBe(2);
  await page.evaluate(() => {
    const open = indexedDB.open.bind(indexedDB);
    const gate = new Promise<void>((go) => void ((window as any).go = go));
    IDBFactory.prototype.open = (...args) => {
      const late: any = {};
      void gate.then(() => {
        const real = open(...args);
        const tell = (what: 'onsuccess' | 'onerror' | 'onupgradeneeded') =>
          (real[what] = () => {
            const { readyState, transaction } = real;
            Object.assign(late, { transaction, result: readyState === 'done' && what !== 'onerror' ? real.result : undefined });
            late[what]?.();
          });
        tell('onsuccess'), tell('onerror'), tell('onupgradeneeded');
      });
      return late;
    };
  });
  await full(page);
  const signedIn = page.waitForResponse((answer) => answer.url().endsWith('/v1/session') && !!answer.request().postData()?.includes('"token"'));
  await signIn(page);
  expect((await signedIn).status()).toBe(200);
  await page.waitForTimeout(1_000);
  expect(await waiting()).toBe(2);
  await page.evaluate(() => (window as any).go());
  await expect.poll(() => dug(page)).toBe(true);
  await expect.poll(waiting).toBe(0);
});

test('a tab was opened before all that the other keeps moved into the database: who grants there is whom the other speaks for', async ({ page, context }) => {
  const { subject } = await anonymous(page, here.shop);
  let arrive = (): void => {};
  const held = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/database-*.js', (route) => held.then(() => route.continue()));
  await full(page);
  await page.locator('candor-choices').getByRole('switch', { name: 'Your basket' }).click();
  await expect(page.locator('candor-choices')).toContainText('Off.');
  const other = await context.newPage();
  await quietly(other);
  await visit(other, here.shop, 'nora');
  const basket = await panel(other);
  await expect(basket.getByRole('switch')).toBeEnabled();
  arrive();
  await expect.poll(() => stored(page, 'session')).toBeNull();
  await page.close();
  // Asked anew who it is.
  const granting: string[] = [];
  other.on('request', (request) => void (request.url().endsWith('/v1/decisions') && granting.push(request.postDataJSON().capability.split('~')[1])));
  await other.evaluate(() => (window as any).candor.identify(null));
  await expect(toggle(basket)).toHaveAttribute('aria-checked', 'false');
  await turn(basket, 'on');
  // A no that it has not heard of stands until somebody who has says yes.
  await expect(basket.locator('.done')).toContainText(/Saved|Not switched on/);
  if ((await toggle(basket).getAttribute('aria-checked')) === 'false') await turn(basket, 'on');
  await expect(basket.locator('.done')).toContainText('Saved');
  expect(new Set(granting)).toEqual(new Set([subject]));
});

test('localStorage is blocked: forget() leaves no database, whether something was chosen or not', async ({ page }) => {
  await bare(page);
  await page.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } }));
  await visit(page, here.shop, 'nora');
  const basket = await panel(page);
  await expect(basket.getByRole('switch')).toBeEnabled();
  await page.evaluate(() => (window as any).candor.forget());
  await page.waitForTimeout(500);
  expect(await databases(page)).toEqual([]);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  expect(await databases(page)).toEqual(['candor:pk_demo:']);
  await page.evaluate(() => (window as any).candor.forget());
  await expect.poll(() => databases(page)).toEqual([]);
  await page.waitForTimeout(500);
  expect(await databases(page)).toEqual([]);
});

test('tabs that cannot call each other: what one without room puts into the database late takes nothing from one with room', async ({ page, context }) => {
  await context.addInitScript(() => delete (window as any).BroadcastChannel);
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await bare(tab);
    await visit(tab, here.shop, 'nora');
  }
  let arrive = (): void => {};
  const held = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/database-*.js', (route) => held.then(() => route.continue()));
  await full(page);
  await refuse(page, 'basket');
  await expect.poll(() => refused(page)).toEqual(['recommendations/basket']);
  await refuse(other, 'views');
  await expect.poll(() => stored(other, 'refused')).toContain('recommendations/views');
  const theirs = await stored(other, 'refused');
  arrive();
  // Behind what the tab itself puts there.
  await expect.poll(() => dug(page)).toBe(true);
  expect(await stored(other, 'refused')).toBe(theirs);
});

test('localStorage is blocked: forget() leaves nothing in the database that the page has not looked at, but what is owed', async ({ page }) => {
  await bare(page);
  await page.addInitScript(() => Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } }));
  await visit(page, here.shop, 'nora');
  const basket = await panel(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  // What is there, after one more is put.
  const keys = (put?: string) =>
    page.evaluate((put) => new Promise<string[]>((resolve) => {
      const opening = indexedDB.open('candor:pk_demo:');
      opening.onsuccess = () => {
        const store = opening.result.transaction('kept', 'readwrite').objectStore('kept');
        if (put) store.put('refused', put);
        const asked = store.getAllKeys();
        asked.onsuccess = () => { opening.result.close(); resolve(asked.result.map(String)); };
      };
    }), put);
  expect(await keys('refused')).toContain('refused');
  await page.route('**/v1/erase', (route) => route.abort());
  await page.evaluate(() => (window as any).candor.forget());
  await expect.poll(async () => (await keys()).map((key) => key.split(':')[0])).toEqual(['owed']);
});

test('localStorage is blocked and tabs cannot call each other: one that tidies up leaves what another put into the database', async ({ page, context }) => {
  await context.addInitScript(() => {
    delete (window as any).BroadcastChannel;
    Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('no', 'SecurityError'); } });
  });
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await bare(tab);
    await visit(tab, here.shop, 'nora');
  }
  const basket = await panel(page);
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  // Forgotten, and not erased yet: that is owed.
  await page.route('**/v1/erase', (route) => route.abort());
  await page.evaluate(() => (window as any).candor.forget());
  await refuse(other, 'views');
  await expect.poll(() => dug(other)).toBe(true);
  await page.unroute('**/v1/erase');
  const erased = page.waitForResponse('**/v1/erase');
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await erased;
  await page.waitForTimeout(500);
  expect(await dug(other)).toBe(true);
});

test('storage gets full after numbers were given and is emptied then: none is given twice', async ({ page }) => {
  const numbers: string[] = [];
  page.on('response', (response) => {
    if (!response.url().endsWith('/v1/decisions') || !response.ok()) return;
    const { capability, decisions } = response.request().postDataJSON();
    for (const { device, seq } of decisions) numbers.push([capability.split('~')[1], device, seq].join(' '));
  });
  const press = async () => {
    const before = numbers.length;
    const basket = await panel(page);
    await expect(basket.getByRole('switch')).toBeEnabled();
    await basket.getByRole('switch').click();
    await expect(basket.locator('.done')).toContainText('Saved');
    await page.keyboard.press('Escape');
    expect(numbers.length).toBeGreaterThan(before);
  };
  await quietly(page);
  await visit(page, here.shop, 'hanna');
  await press();
  await full(page);
  await page.evaluate(() => (window as any).candor.identify(null));
  await press();
  await page.evaluate(() => localStorage.clear());
  await page.evaluate(() => (window as any).candor.identify(async () => (await fetch('/token', { cache: 'no-store' })).text()));
  await press();
  expect(numbers.length).toBeGreaterThanOrEqual(3);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test('a tab that has no room names the device: a tab that has room goes by that name, and so does the next page', async ({ page, context }) => {
  const other = await context.newPage();
  for (const tab of [page, other]) await visit(tab, here.shop, 'hanna');
  await full(page);
  const named: string[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/v1/decisions')) named.push(request.postDataJSON().decisions[0].device);
  });
  for (const tab of [page, other]) {
    const card = await panel(tab);
    await card.getByRole('switch').click();
    await expect(card.locator('.done')).toContainText('Saved');
  }
  for (const tab of [page, other]) await tab.close();
  const next = await context.newPage();
  await visit(next, here.shop, 'hanna');
  const card = await panel(next);
  // Off and on again: as it was.
  for (let press = 0; press < 2; press++) {
    const before = named.length;
    await card.getByRole('switch').click();
    await expect.poll(() => named.length).toBeGreaterThan(before);
    await expect(card.locator('.done')).toContainText('Saved');
  }
  expect(new Set(named).size).toBe(1);
});

test('two tabs without room name the device in the same moment: from then on both go by one of the names', async ({ page, context }) => {
  const named: string[] = [];
  context.on('request', (request) => {
    if (request.url().endsWith('/v1/decisions')) named.push(request.postDataJSON().decisions.at(-1).device);
  });
  await context.addInitScript(() => {
    const post = BroadcastChannel.prototype.postMessage;
    let held: (() => void)[] = [];
    BroadcastChannel.prototype.postMessage = function (said) { held.push(() => post.call(this, said)); };
    (window as any).letGo = () => { for (const call of held) call(); held = []; };
  });
  const tabs = [page, await context.newPage()];
  for (const tab of tabs) {
    await visit(tab, here.shop, 'hanna');
    await full(tab);
  }
  const press = async (tab: Page) => {
    const before = named.length;
    const basket = tab.locator('candor-choices li.row').filter({ has: tab.getByRole('switch', { name: 'Your basket' }) });
    await basket.getByRole('switch').click();
    await expect.poll(() => named.length).toBeGreaterThan(before);
    await expect(basket.locator('.done')).toContainText('Saved');
    return named.at(-1)!;
  };
  for (const tab of tabs) await expect((await panel(tab)).getByRole('switch')).toBeEnabled();
  const first = [await press(tabs[0]!), await press(tabs[1]!)];
  expect(new Set(first).size).toBe(2);
  for (const tab of tabs) await tab.evaluate(() => (window as any).letGo());
  await page.waitForTimeout(500);
  const then = [await press(tabs[0]!), await press(tabs[1]!)];
  expect(new Set(then)).toEqual(new Set([[...first].sort()[0]]));
});

test('two tabs without room, and it cannot be said who is there: what both refused does not send the other to ask again and again', async ({ page, context }) => {
  let asked = 0;
  await context.route('**/token', (route) => {
    asked++;
    return route.abort();
  });
  // Both refuse before they hear of each other.
  await context.addInitScript(() => {
    const post = BroadcastChannel.prototype.postMessage;
    const held: (() => void)[] = [];
    BroadcastChannel.prototype.postMessage = function (said) { held.push(() => post.call(this, said)); };
    (window as any).letGo = () => {
      BroadcastChannel.prototype.postMessage = post;
      for (const call of held) call();
    };
  });
  const tabs = [page, await context.newPage()];
  for (const tab of tabs) {
    await visit(tab, here.shop, 'hanna');
    await full(tab);
    await tab.evaluate(() => {
      const ask = document.createElement('candor-ask');
      ask.setAttribute('source', 'returns');
      document.body.prepend(ask);
    });
    await expect(tab.locator('candor-ask .equals button').last()).toBeVisible();
  }
  for (const tab of tabs) {
    await tab.locator('candor-ask .equals button').last().click();
    await expect(tab.locator('candor-ask')).toContainText('won’t ask again');
  }
  // It is asked again who is there when the page comes to the front, and what is held is put down once more.
  for (const tab of tabs) await tab.evaluate(() => (window as any).letGo());
  const before = asked;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.waitForTimeout(1_500);
  expect(asked).toBeGreaterThan(before);
  expect(asked - before).toBeLessThanOrEqual(6);
});
