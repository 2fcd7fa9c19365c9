// A grant that does not come into force: the card says when and where the withdrawal was,
// and the same switch, pressed again, is a grant by somebody who has seen it.
import { type Page, expect, test } from '@playwright/test';
import { demo } from '../house/demo';
import { choices, quietly, served } from '../house/person';
import { openSources, row, toggle, turn, visit } from '../house/shop';

const here = demo();

const open = (page: Page): Promise<void> => openSources(page, here.shop);

test('switched on without a network and off elsewhere meanwhile: when and where it was, and the way back', async ({ browser }) => {
  const laptop = await (await browser.newContext()).newPage();
  const phone = await (await browser.newContext()).newPage();
  await open(laptop);
  await open(phone);
  const orders = row(laptop, 'orders');
  await expect(toggle(orders)).toHaveAttribute('aria-checked', 'true');

  // Off and on again where nothing arrives, so that the grant rests on what stood before.
  await laptop.context().setOffline(true);
  await turn(orders, 'off');
  await turn(orders, 'on');

  await turn(row(phone, 'orders'), 'off');
  await expect(row(phone, 'orders').locator('.save').first()).toHaveText('Saved');

  await laptop.context().setOffline(false);
  const said = orders.locator('.done').first();
  await expect(said).toContainText(/^Not switched on: it was switched off on another device on \d{1,2} \w+ 20\d\d at \d\d:\d\d\./, { timeout: 20_000 });
  await expect(toggle(orders)).toHaveAttribute('aria-checked', 'false');
  await expect(toggle(row(phone, 'orders'))).toHaveAttribute('aria-checked', 'false');

  // Seen, and decided again.
  await turn(orders, 'on');
  await expect(orders.locator('.save').first()).toHaveText('Saved');
  await expect(orders).not.toContainText('Not switched on');
  await expect(toggle(row(phone, 'orders'))).toHaveAttribute('aria-checked', 'true');
});

for (const order of ['first', 'last'])
  test(`another notice is in force than the open page shows, whose words came ${order}: it is fetched before the next yes, which then counts`, async ({ page }) => {
    const fetched: string[] = [];
    await page.route(`${here.service}/v1/notice?*`, async (route) => {
      const stands = fetched.length || order === 'first' ? undefined : page.waitForResponse((answer) => answer.url().endsWith('/v1/choices'));
      const answer = await route.fetch();
      await stands;
      const notice = (await answer.json()) as { hash: string };
      const isFirst = !fetched.length;
      // What the page met is not in force any more, as after a change that the shop made meanwhile.
      if (isFirst) notice.hash = `sha256-${'0'.repeat(64)}`;
      fetched.push(notice.hash);
      await route.fulfill({ response: answer, json: notice });
    });
    await open(page);
    await expect.poll(() => fetched.length).toBe(2);
    const orders = row(page, 'orders');

    const sent = page.waitForRequest((request) => request.url().endsWith('/v1/decisions'));
    await turn(orders, 'off');
    const { decisions } = JSON.parse((await sent).postData() ?? '{}') as { decisions: { notice: string }[] };
    expect(decisions[0].notice).toBe(fetched[1]);
    await expect(orders.locator('.save').first()).toHaveText('Saved');
    await turn(orders, 'on');
    await expect(orders.locator('.save').first()).toHaveText('Saved');
    // Once is enough: what is shown is what is in force.
    expect(fetched).toHaveLength(2);
  });

test('refused here, and granted elsewhere by who knew of it: looking again here does not undo that', async ({ page }) => {
  await quietly(page);
  await visit(page, here.shop, 'nora');
  await page.locator('candor-ask .equals button').last().click();
  await expect.poll(() => page.evaluate(() => localStorage.getItem('candor:pk_demo:refused') ?? '')).toContain('recommendations/basket');
  await choices(page);
  const orders = page.locator('candor-choices li.row').filter({ has: page.getByRole('switch', { name: 'Your orders' }) }).first();
  await orders.getByRole('switch').click();
  await expect(orders.locator('.done')).toContainText('Saved');
  const session = await page.evaluate(() => JSON.parse(localStorage.getItem('candor:pk_demo:session')!));
  const made = await page.evaluate(() => Object.entries(localStorage).filter(([key]) => key.includes(':kept:')).map(([, value]) => JSON.parse(value).decision)[0]);
  await visit(page, here.shop, 'nora');
  await choices(page);
  await expect.poll(async () => (await served(page, here.service, session)).basket).toBe('denied');

  // The same person on another device, in the knowledge of what stands.
  const device = `dev_${'a'.repeat(32)}`;
  const post = async (path: string, body: object): Promise<any> =>
    (await page.request.post(`${here.service}/v1/${path}`, { headers: { 'content-type': 'text/plain', origin: here.shop }, data: JSON.stringify({ site: 'pk_demo', ...body }) })).json();
  const { capability } = await post('session', { device, capability: session.capability });
  const { epoch, rev } = await post('choices', { capability });
  const changes = [{ control: 'recommendations/basket', choice: 'granted' }];
  await post('decisions', { capability, decisions: [{ ...made, id: made.id.replace(/.{12}$/, '0123456789ab'), device, seq: 1, base: { epoch, rev }, changes }] });
  expect((await served(page, here.service, session)).basket).toBe('granted');

  for (let again = 0; again < 2; again++) {
    await visit(page, here.shop, 'nora');
    const basket = await choices(page);
    await expect(basket.getByRole('switch')).toHaveAttribute('aria-checked', 'true');
    await page.waitForTimeout(1_000);
    expect((await served(page, here.service, session)).basket).toBe('granted');
  }
});
