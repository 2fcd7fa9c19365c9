// Something is on its way when the person, the network or the page changes: it arrives, or it never counts.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { allowed, anonymous, choices, kept, quietly, served, signIn } from '../house/person';
import { visit } from '../house/shop';

const here = demo();

const subject = (page: Page): Promise<string | null> => page.evaluate(() => (window as any).candor.subject());
const switchOf = (page: Page, name: string) => page.locator('candor-choices').getByRole('switch', { name }).first();
const open = (page: Page) => page.locator('a[data-candor-open="choices"]').first().click();
/** The bodies of what is asked under this path from now on. */
function asked(page: Page, path: RegExp): string[] {
  const bodies: string[] = [];
  page.on('request', (request) => path.test(request.url()) && bodies.push(request.postData() ?? ''));
  return bodies;
}

for (const again of ['once the page is online again', 'without anything that happens'])
  test(`decided while getToken fails: sent ${again}, though nothing could be stored`, async ({ page }) => {
    await quietly(page);
    await page.route(`${here.shop}/token`, (route) => route.abort());
    await visit(page, here.shop, 'nora');
    await page.evaluate(() => {
      (window as any).candor.identify(async () => {
        await fetch('/token');
        return null;
      });
    });
    await page.locator('candor-ask .equals button').first().click();
    await expect(page.locator('candor-ask').first()).toContainText('Not sent yet; kept only while this page is open');
    await page.waitForTimeout(500);
    await page.unroute(`${here.shop}/token`);
    const sent = page.waitForResponse('**/v1/decisions');
    if (again.startsWith('once')) await page.evaluate(() => dispatchEvent(new Event('online')));
    expect((await sent).status()).toBe(200);
  });

test('decided while it cannot be asked who is there: the card says where the no lies, and that the yes lies nowhere', async ({ page }) => {
  await quietly(page);
  let cut = true;
  await page.route(`${here.shop}/token`, (route) => (cut ? route.abort() : route.continue()));
  await page.route('**/v1/decisions', (route) => route.abort());
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => {
    (window as any).candor.identify(async () => {
      await fetch('/token');
      return null;
    });
  });
  const ask = page.locator('candor-ask').first();
  await ask.getByRole('button', { name: 'No, keep these' }).click();
  await expect(ask).toContainText('Not sent yet; kept on this device');
  await open(page);
  await switchOf(page, 'Your returns').click();
  const saved = page.locator('candor-choices .row', { has: page.getByRole('switch', { name: 'Your returns' }) }).locator('.done');
  await expect(saved).toContainText('Not sent yet; kept only while this page is open');
  cut = false;
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(saved).toContainText('Not sent yet; kept on this device', { timeout: 15_000 });
});

for (const [how, change] of [
  ['identify(getToken)', signIn],
  ['forget()', (page: Page) => page.evaluate(() => (window as any).candor.forget())],
] as const) {
  test(`the first grant is on its way, then ${how}: nobody else is made up, and nothing is granted`, async ({ page }) => {
    await quietly(page);
    await visit(page, here.shop, 'nora');
    const made = asked(page, /\/v1\/session$/);
    const decided = asked(page, /\/v1\/decisions$/);
    await page.route('**/v1/session', async (route) => {
      if (!(route.request().postData() ?? '').includes('"token"')) await new Promise((go) => setTimeout(go, 1_500));
      await route.continue().catch(() => {});
    });
    const basket = await choices(page);
    const sent = page.waitForRequest('**/v1/session');
    await basket.getByRole('switch').click();
    await sent;
    await change(page);
    await page.waitForTimeout(4_000);
    expect(made.filter((body) => !body.includes('"token"'))).toHaveLength(1);
    expect(decided).toEqual([]);
    expect(await kept(page)).not.toContain('session');
    if (how === 'forget()') {
      expect(await subject(page)).toBeNull();
      return expect(await allowed(page)).toBe(false);
    }
    // Whoever acts from then on acts as Hanna.
    const hers = made.find((body) => body.includes('"token"'));
    expect(hers).toBeTruthy();
    const answer = page.waitForResponse('**/v1/decisions');
    await switchOf(page, 'Your basket').click();
    expect((await answer).status()).toBe(200);
    expect(await kept(page)).not.toContain('session');
  });
}

test('the first grant is on its way, and the page says again that nobody is signed in: it is granted once, to one subject', async ({ page }) => {
  await quietly(page);
  await visit(page, here.shop, 'nora');
  const decided = asked(page, /\/v1\/decisions$/);
  let made = 0;
  await page.route('**/v1/session', async (route) => {
    // What was asked before is answered while the same is being asked for whoever is here now.
    await new Promise((go) => setTimeout(go, made++ ? 4_000 : 1_500));
    await route.continue().catch(() => {});
  });
  const basket = await choices(page);
  const sent = page.waitForRequest('**/v1/session');
  await basket.getByRole('switch').click();
  await sent;
  await page.evaluate(() => (window as any).candor.identify(null));
  await expect.poll(() => decided.length, { timeout: 10_000 }).toBe(1);
  await page.waitForTimeout(3_000);
  expect(decided).toHaveLength(1);
  expect(made).toBe(2);
  const session = await page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session')!));
  expect(decided[0]).toContain(session.capability);
  expect(await subject(page)).toBe(session.subject);
  expect(await served(page, here.service, session)).toEqual({ status: 200, basket: 'granted' });
});

for (const [what, next] of [['a no', 'Tomek is signed in'], ['a yes', 'nobody is']] as const)
  test(`a listener of the page hears of ${what}, and says in that turn that ${next}: it is sent for Hanna, and for nobody else`, async ({ page }) => {
    await quietly(page);
    await visit(page, here.shop, 'hanna');
    const basket = await choices(page);
    await page.waitForTimeout(1_000);
    const hers = await subject(page);
    // Whatever she chose before: on where she will say no.
    if ((await basket.getByRole('switch').getAttribute('aria-checked')) !== String(what === 'a no')) {
      await basket.getByRole('switch').click();
      await expect(basket.locator('.done')).toContainText('Saved');
    }
    const sent = asked(page, /\/v1\/decisions$/);
    await page.evaluate((out) => {
      const { candor } = window as any;
      const tomek = async () => (await fetch('/shop?persona=tomek'), (await fetch('/token', { cache: 'no-store' })).text());
      document.addEventListener('candor:choice', () => candor.identify(out ? null : tomek), { once: true });
    }, next === 'nobody is');
    await basket.getByRole('switch').click();
    await page.waitForTimeout(4_000);
    expect(sent.length).toBeGreaterThan(0);
    for (const body of sent) expect(body).toContain(`~${hers}~`);
    expect(await subject(page)).not.toBe(hers);
    if (next === 'nobody is') expect(await subject(page)).toBeNull();
  });

test('she decides without a network and leaves; who comes next and does nothing is nobody’s business', async ({ page }) => {
  await quietly(page);
  await visit(page, here.shop, 'hanna');
  await open(page);
  await expect.poll(() => subject(page)).toMatch(/^sub_/);
  await expect(switchOf(page, 'Your returns')).toHaveAttribute('aria-checked', /true|false/);
  // What a card asks for when it opens has come.
  await page.waitForTimeout(1_000);
  await page.context().setOffline(true);
  await switchOf(page, 'Your returns').click();
  await expect(page.locator('candor-choices')).toContainText('Not sent yet');
  // In the page itself, for its last request passes every route a test lays.
  await page.evaluate(() => { window.fetch = () => Promise.reject(new TypeError('cut')); });
  await page.context().setOffline(false);
  const mine = await subject(page);
  const personal = asked(page, /\/v1\/(session|decisions|choices)$/);
  await visit(page, here.shop, 'tomek');
  await page.waitForTimeout(3_000);
  expect(personal).toEqual([]);
  expect((await kept(page)).filter((key) => key.startsWith(`out:${mine}:`))).toHaveLength(1);
  await visit(page, here.shop, 'hanna');
  await expect.poll(async () => (await kept(page)).filter((key) => key.startsWith('out:')).length).toBe(0);
});

test('signed out while the sign-in is answered: the anonymous subject that it closed is in force nowhere', async ({ page }) => {
  const session = await anonymous(page, here.shop);
  await visit(page, here.shop, 'hanna');
  let arrived = (): void => {};
  const there = new Promise<void>((go) => (arrived = go));
  await page.route('**/v1/session', async (route) => {
    const answer = await route.fetch();
    arrived();
    await new Promise((go) => setTimeout(go, 1_000));
    await route.fulfill({ response: answer }).catch(() => {});
  });
  await open(page);
  await there;
  await page.evaluate(() => (window as any).candor.identify(null));
  await expect.poll(async () => (await kept(page)).includes('session')).toBe(false);
  await page.unroute('**/v1/session');
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => (window as any).candor.identify(null));
  expect(await allowed(page)).toBe(false);
  const basket = await choices(page);
  // Somebody new, who may choose.
  await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'false');
  await basket.getByRole('switch').click();
  await expect(basket.locator('.done')).toContainText('Saved');
  expect(await subject(page)).not.toBe(session.subject);
});

test('the shop’s consent tool says no while the core is on its way and getToken takes its time: it arrives', async ({ page, context }) => {
  const session = await anonymous(page, here.shop);
  await context.addInitScript(() => {
    (window as any).Cookiebot = { hasResponse: true, consent: { marketing: false } };
    addEventListener('DOMContentLoaded', () => {
      const ask = document.createElement('candor-ask');
      ask.setAttribute('source', 'returns');
      document.querySelector('#picks')!.before(ask);
    });
  });
  await page.route('**/candor-*.wasm', async (route) => {
    await new Promise((go) => setTimeout(go, 1_700));
    await route.continue();
  });
  await page.route(`${here.shop}/token`, async (route) => {
    await new Promise((go) => setTimeout(go, 1_800));
    await route.continue();
  });
  await visit(page, here.shop, 'nora');
  await page.evaluate(() => (window as any).candor.identify(async () => { await fetch('/token'); return null; }));
  await expect.poll(async () => (await served(page, here.service, session)).basket, { timeout: 15_000 }).toBe('denied');
});

test('the first grant is on its way while another tab looks on: one subject is made, and both show what it granted', async ({ page, context }) => {
  let made = 0;
  await context.route('**/v1/session', async (route) => {
    made++;
    await new Promise((go) => setTimeout(go, 500));
    await route.continue();
  });
  await quietly(page);
  await visit(page, here.shop, 'nora');
  await choices(page);
  const other = await context.newPage();
  await anonymous(other, here.shop);
  await expect(switchOf(page, 'Your basket')).toHaveAttribute('aria-checked', 'true');
  expect(await subject(page)).toBe(await subject(other));
  expect(await allowed(page)).toBe(true);
  expect(made).toBe(1);
});
