// The shop's getToken fails in every way: nothing is lost, nothing is granted, and the shop is told what to do.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { anonymous } from '../house/person';
import { card, chip, openCard, openLayer, row, toggle, visit } from '../house/shop';

const here = demo();

type Said = { code: string; message: string; fix: string };

/** Opens the shop as Hanna, with another way to ask who she is; `mode` on the window says which. */
async function open(page: Page, mode: string): Promise<void> {
  await page.addInitScript((first) => {
    const w = window as any;
    w.mode = first;
    w.asked = 0;
    w.told = [];
    document.addEventListener('candor:diagnostic', (event) => w.told.push((event as CustomEvent).detail));
    const good = async () => (await fetch('/token', { cache: 'no-store' })).text();
    let old: string | undefined;
    w.getToken = async () => {
      w.asked++;
      if (w.mode === 'rejects') throw new Error('no session store');
      // What the shop's own server said is no word of the service's.
      if (w.mode === 'throws a number') throw 401;
      if (w.mode === 'never') return new Promise(() => {});
      if (w.mode === 'slow') await new Promise((go) => setTimeout(go, 3_000));
      if (w.mode === 'rubbish') return { token: 'x' };
      if (w.mode === 'not a token') return '<!doctype html><title>Sign in</title>';
      // The service refuses it: its time has passed, or its key is another by now.
      if (w.mode === 'stale') return (old ??= await spent());
      if (w.mode === 'stale once') return w.asked === 1 ? spent() : good();
      return good();
    };
    const spent = async () => {
      const token = await good();
      const [head, claims] = token.split('.');
      return [head, claims, 'AAAA'].join('.');
    };
    if (first === 'throws') w.getToken = () => { w.asked++; if (w.mode === 'throws') throw new Error('no user yet'); return good(); };
    // In place of the one that the shop's own script gives, whichever of the two scripts comes first.
    let is: { push?: (...calls: [string, ...unknown[]][]) => void } | undefined;
    Object.defineProperty(w, 'candor', {
      configurable: true,
      get: () => is,
      set: (next) => {
        is = next;
        const push = next.push.bind(next);
        next.push = (...calls: [string, ...unknown[]][]) => push(...calls.map((call) => (call[0] === 'identify' ? ['identify', w.getToken] : call)));
      },
    });
  }, mode);
  await visit(page, here.shop, 'hanna');
}

const told = (page: Page): Promise<Said[]> => page.evaluate(() => (window as any).told.filter(({ code }: Said) => code === 'token'));
const asked = (page: Page): Promise<number> => page.evaluate(() => (window as any).asked);
const kept = (page: Page): Promise<string[]> => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('candor:')));
const subject = (page: Page) => page.evaluate(() => (window as any).candor.subject());
const allowed = (page: Page) => page.evaluate(() => (window as any).candor.allowed('recommendations', 'orders'));
const mend = (page: Page, mode = 'good') => page.evaluate((is) => { (window as any).mode = is; }, mode);

/** Says no to a question, which is drawn without knowing who is there. */
async function refuse(page: Page): Promise<void> {
  await page.evaluate(() => {
    const ask = document.createElement('candor-ask');
    ask.setAttribute('source', 'returns');
    document.querySelector('#picks')!.before(ask);
  });
  await page.locator('candor-ask .equals button').last().click();
  await expect(page.locator('candor-ask')).toContainText('won’t ask again');
}

for (const [mode, message] of [
  ['throws', /getToken, given to identify\(\), failed: Error: no user yet/],
  ['rejects', /failed: Error: no session store/],
  ['throws a number', /failed: 401/],
  ['rubbish', /answered something that is no text/],
  ['not a token', /refuses the shop's token \(401\), also when asked for a second time/],
  ['stale', /refuses the shop's token \(401\), also when asked for a second time/],
  ['never', /did not answer within ten seconds/],
] as const) {
  test(`getToken ${mode}: nobody is made up, nothing is granted, the shop is told, and a later answer is taken`, async ({ page }) => {
    const made: string[] = [];
    page.on('request', (request) => {
      const body = request.postData() ?? '';
      if (request.url().endsWith('/v1/session') && !body.includes('"token"')) made.push(body);
      if (request.url().endsWith('/v1/decisions')) made.push(body);
    });
    await open(page, mode);
    await page.locator('a[data-candor-open="choices"]').first().click();
    await expect.poll(async () => (await told(page)).length, { timeout: 20_000 }).toBe(1);
    const [{ message: said, fix }] = (await told(page)) as [Said];
    expect(said).toMatch(message);
    expect(fix).toMatch(/Let it answer the token, or null|Sign a new one at each call/);
    expect(await subject(page)).toBeNull();
    expect(await allowed(page)).toBe(false);
    // No anonymous subject in place of somebody who is signed in.
    expect(made).toEqual([]);
    expect(await kept(page)).toEqual([]);
    await mend(page);
    await page.locator('candor-choices').getByRole('button', { name: 'Try again' }).click();
    const orders = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your orders' }) }).first();
    await expect(orders.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
    expect(await subject(page)).toMatch(/^sub_/);
  });
}

test('a token that had grown old is asked for once more, and nobody notices', async ({ page }) => {
  await open(page, 'stale once');
  await openCard(page);
  expect(await asked(page)).toBe(2);
  expect(await told(page)).toEqual([]);
  expect(await subject(page)).toMatch(/^sub_/);
});

test('getToken is slow: the card waits for it, and what is switched is hers', async ({ page }) => {
  await open(page, 'slow');
  await chip(page).click();
  await expect(card(page)).toHaveAttribute('data-candor-state', 'ready', { timeout: 15_000 });
  expect(await asked(page)).toBe(1);
  expect(await told(page)).toEqual([]);
});

test('identify is called again while it is asked who is there: a refusal made meanwhile holds on this device', async ({ page }) => {
  await open(page, 'never');
  await refuse(page);
  await mend(page);
  await page.evaluate(() => (window as any).candor.identify((window as any).getToken));
  await expect.poll(() => page.evaluate(() => localStorage.getItem('candor:pk_demo:refused'))).toContain('recommendations/returns');
  // And binds it once she is known.
  await openCard(page);
  await openLayer(card(page), 'sources');
  await expect(row(page, 'returns').getByRole('switch')).toHaveAttribute('aria-checked', 'false');
});

for (const [when, hears] of [['a moment ago', true], ['and put down on this device', true], ['on a page that stood aside since', false]] as const)
  test(`it is asked who is there and refused ${when}, and another tab forgets everything: nothing of it is left for who comes next`, async ({ page, context }) => {
    const other = await context.newPage();
    await visit(other, here.shop, 'hanna');
    if (!hears)
      await page.addInitScript(() => {
        delete (window as any).BroadcastChannel;
        addEventListener('storage', (event) => event.stopImmediatePropagation(), true);
      });
    await open(page, 'never');
    await refuse(page);
    const set = (hidden: boolean) =>
      page.evaluate((is) => {
        Object.defineProperty(document, 'hidden', { value: is, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, hidden);
    if (when !== 'a moment ago') {
      await set(true);
      await expect.poll(() => page.evaluate(() => localStorage.getItem('candor:pk_demo:refused'))).toContain('recommendations/returns');
      await expect.poll(() => page.evaluate(() => localStorage.getItem('candor:pk_demo:ask-after'))).not.toBeNull();
    }
    const told = hears && page.evaluate(() => new Promise<void>((heard) => new BroadcastChannel('candor:pk_demo').addEventListener('message', ({ data }) => data.over && heard())));
    await other.evaluate(() => (window as any).candor.forget());
    await told;
    if (!hears) await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })) && undefined);
    await page.waitForTimeout(300);
    // But that the shop's own cookie is to be emptied.
    expect((await kept(page)).filter((key) => !key.endsWith(':differs'))).toEqual([]);
  });

test('the capability ends while a decision waits and getToken fails: it is sent once getToken answers, under her own name', async ({ page }) => {
  await open(page, 'good');
  await openCard(page);
  await openLayer(card(page), 'sources');
  const who = await subject(page);
  const sent: { subject?: string; status: number }[] = [];
  let refuse = true;
  await page.route(`${here.service}/v1/decisions`, async (route) => {
    if (refuse) return route.fulfill({ status: 401, contentType: 'application/problem+json', headers: { 'access-control-allow-origin': '*' }, body: '{"type":"urn:candor:problem:capability"}' });
    const answer = await route.fetch();
    sent.push({ status: answer.status() });
    await route.fulfill({ response: answer });
  });
  await mend(page, 'rejects');
  const basket = row(page, 'basket');
  await toggle(basket).click();
  await expect(basket.locator('.done')).toContainText('Not sent yet');
  await expect.poll(async () => (await told(page)).length).toBe(1);
  expect((await kept(page)).filter((key) => key.startsWith(`candor:pk_demo:out:${who}:`)).length).toBe(1);
  expect((await kept(page)).some((key) => key.includes(':out:anon') || key.endsWith(':session'))).toBe(false);
  refuse = false;
  await mend(page);
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await expect(basket.locator('.done')).toContainText('Saved');
  expect(await subject(page)).toBe(who);
  expect(sent.map(({ status }) => status)).toEqual([200]);
  // As she left it for the tests that follow.
  await toggle(basket).click();
  await expect(basket.locator('.done')).toContainText('Saved');
});

test('two tabs of an anonymous person decided in the same moment: the refusal binds the device at sign-in', async ({ page }) => {
  await page.addInitScript(() => {
    if (localStorage.length) return;
    const wait = (id: string, source: string, choice: string) =>
      localStorage.setItem(`candor:pk_demo:out:anon:${id}`, JSON.stringify({ decision: { id, seq: 3, changes: [{ control: `recommendations/${source}`, choice }] }, state: 'waiting' }));
    // Whichever of the two storage names first.
    wait('1', 'orders', 'denied');
    wait('2', 'orders', 'granted');
    wait('3', 'returns', 'granted');
    wait('4', 'returns', 'denied');
  });
  await open(page, 'good');
  // Not the list's card: its reasons may be withdrawn by then, as they rest on what was refused.
  await page.locator('a[data-candor-open="choices"]').first().click();
  await expect.poll(() => subject(page)).toMatch(/^sub_/);
  for (const source of ['Your orders', 'Your returns']) await expect(page.locator('candor-choices').getByRole('switch', { name: source }).first()).toHaveAttribute('aria-checked', 'false');
  expect(await page.evaluate(() => localStorage.getItem('candor:pk_demo:refused'))).toMatch(/orders.*returns|returns.*orders/);
});

test('a clock that is behind takes a capability for good that is not: a word to the shop arrives under another', async ({ page }) => {
  await open(page, 'good');
  await openCard(page);
  const sent: (string | undefined)[] = [];
  await page.route(`${here.service}/v1/feedback`, (route) => {
    sent.push(JSON.parse(route.request().postData() ?? '{}').capability);
    if (sent.length > 1) return route.continue();
    return route.fulfill({ status: 401, contentType: 'application/problem+json', headers: { 'access-control-allow-origin': '*' }, body: '{"type":"urn:candor:problem:capability"}' });
  });
  const wrong = card(page).locator('details.wrong');
  await wrong.locator('summary').click();
  await wrong.getByRole('button').first().click();
  await expect(card(page)).toContainText(/fb_/);
  expect(sent.length).toBe(2);
  expect(sent[1]).toBeTruthy();
  expect(sent[1]).not.toBe(sent[0]);
});

for (const [how, gone] of [['identify', '(await 0, candor.identify(async () => null))'], ['forget', 'candor.forget()']] as const)
  test(`${how}(): in that very turn nothing is allowed any more that who was there granted`, async ({ page }) => {
    await anonymous(page, here.shop);
    expect(await page.evaluate(`(async () => { const was = candor.allowed('recommendations', 'basket'); ${gone}; return [was, candor.allowed('recommendations', 'basket')]; })()`)).toEqual([true, false]);
  });
