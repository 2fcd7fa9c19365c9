// A page that comes back from the back/forward cache, and one that puts its parts in and takes them out
// again without ever being left.
import { type Browser, type BrowserContext, type Page, chromium, expect, test } from '@playwright/test';
import { launch } from '../house/browser.mjs';
import { demo } from '../house/demo';
import { Front } from '../house/front';
import { Line } from '../house/line';
import { card, openCard, openLayer, row, toggle, visit } from '../house/shop';

const here = demo();
const line = new Line(here);
// The demo's own pages say `no-store`, which keeps them out of the cache.
const front = new Front(here, (_, headers, body) => ((headers['cache-control'] = 'no-cache'), body));
let browser: Browser;
let context: BrowserContext;

test.beforeAll(async () => {
  const ways = [[here.shop, await front.listen()], [here.service, await line.listen()]] as const;
  const rules = ways.map(([from, port]) => `MAP ${new URL(from).host} 127.0.0.1:${port}`).join(',');
  // Playwright switches the cache off unless it is told not to.
  const ignoreDefaultArgs = ['--disable-back-forward-cache'];
  browser = await chromium.launch({ ...launch, args: [...launch.args, `--host-resolver-rules=${rules}`], ignoreDefaultArgs });
});
test.afterAll(async () => {
  await browser?.close();
  await line.shut().catch(() => {});
  front.shut();
});
test.beforeEach(async () => {
  line.mend();
  context = await browser.newContext({ locale: 'en-GB', viewport: { width: 390, height: 780 } });
});
test.afterEach(() => context.close());

const allowed = (page: Page, source: string): Promise<boolean> =>
  page.evaluate((of) => (window as any).candor.allowed('recommendations', of), source);

/** Away from the page and back to it, as a thumb does it; `meanwhile` it lies in the cache. */
async function awayAndBack(page: Page, meanwhile: () => Promise<unknown>): Promise<void> {
  await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => ((window as any).persisted = persisted)));
  await page.goto('about:blank');
  await meanwhile();
  await page.evaluate(() => history.back()).catch(() => {});
  const persisted = () => page.evaluate(() => (window as any).persisted as boolean).catch(() => undefined);
  await expect.poll(persisted, 'the very page, from the cache').toBe(true);
}

async function switchOff(page: Page, source: string): Promise<void> {
  await openLayer(await openCard(page), 'sources');
  await toggle(row(page, source)).click();
}

test('back from the cache after the person left: nothing of theirs is shown, and nobody speaks for them', async () => {
  const page = await context.newPage();
  await visit(page, here.shop, 'hanna');
  await openLayer(await openCard(page), 'sources');
  const subject = () => page.evaluate(() => (window as any).candor.subject());
  expect(await subject()).toMatch(/^sub_/);
  // The shop's server knows them no more from then on; this page heard nothing of it.
  await awayAndBack(page, async () => {
    const other = await context.newPage();
    await visit(other, here.shop, 'nora');
    await other.close();
  });
  await expect.poll(subject).toBeNull();
  await expect(card(page)).toHaveAttribute('data-candor-state', 'general');
  expect(await allowed(page, 'orders')).toBe(false);
});

test('back from the cache: it says what was switched off elsewhere meanwhile', async () => {
  const page = await context.newPage();
  await visit(page, here.shop, 'hanna');
  await openLayer(await openCard(page), 'sources');
  await expect(toggle(row(page, 'orders'))).toBeChecked();
  expect(await allowed(page, 'orders')).toBe(true);
  const elsewhere = await browser.newContext({ locale: 'en-GB' });
  await awayAndBack(page, async () => {
    const phone = await elsewhere.newPage();
    await visit(phone, here.shop, 'hanna');
    await switchOff(phone, 'orders');
    await expect(row(phone, 'orders').locator('.done')).toContainText('Saved');
  });
  await elsewhere.close();
  await expect(toggle(row(page, 'orders'))).not.toBeChecked();
  expect(await allowed(page, 'orders')).toBe(false);
});

test('back from the cache: what could not be sent is sent, once', async () => {
  const page = await context.newPage();
  await visit(page, here.shop, 'hanna');
  line.break((exchange) => exchange.reset());
  await switchOff(page, 'returns');
  await expect(row(page, 'returns').locator('.done')).toContainText('Not sent yet');
  const stored: string[] = [];
  await awayAndBack(page, async () => {
    line.break(async (exchange) => {
      for (const { id } of JSON.parse(exchange.body.toString()).decisions) stored.push(id);
      exchange.pass(await exchange.deliver());
    });
  });
  await expect(row(page, 'returns').locator('.done')).toContainText('Saved');
  expect(stored.length).toBeGreaterThan(0);
  expect(new Set(stored).size, 'the same decision').toBe(1);
  expect(await allowed(page, 'returns')).toBe(false);
});

test('put in, opened and taken out fifty times: neither listeners nor nodes add up', async () => {
  const page = await context.newPage();
  await visit(page, here.shop, 'hanna');
  await openCard(page);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  const round = (times: number) =>
    page.evaluate(async (many) => {
      const until = async (there: () => unknown) => {
        while (!there()) await new Promise((go) => setTimeout(go, 10));
      };
      for (let at = 0; at < many; at++) {
        const old = document.querySelector('#picks h2 candor-why')!;
        const fresh = old.cloneNode(true) as HTMLElement;
        old.replaceWith(fresh);
        const inside = (selector: string) => fresh.shadowRoot?.querySelector<HTMLElement>(selector);
        await until(() => inside('[aria-expanded]'));
        inside('[aria-expanded]')!.click();
        await until(() => inside('section.card[data-candor-state="ready"]'));
      }
    }, times);
  const counted = async () => {
    for (let at = 0; at < 3; at++) await cdp.send('HeapProfiler.collectGarbage');
    const { metrics } = await cdp.send('Performance.getMetrics');
    const of = (name: string) => metrics.find((metric) => metric.name === name)!.value;
    return { listeners: of('JSEventListeners'), nodes: of('Nodes'), documents: of('Documents') };
  };
  await round(5);
  const before = await counted();
  await round(50);
  const after = await counted();
  // One open card is there each time. Fifty that stayed would be fifty times as much.
  expect(after.listeners).toBeLessThan(before.listeners + 25);
  expect(after.nodes).toBeLessThan(before.nodes * 1.5);
  expect(after.documents).toBe(before.documents);
  await openLayer(page.locator('#picks h2 candor-why section.card'), 'sources');
  await toggle(row(page, 'basket')).click();
  await expect(row(page, 'basket').locator('.done')).toContainText('Saved');
});

test('a shop that changes its page without leaving it: open cards go with what they stood in, and what comes new works', async () => {
  const page = await context.newPage();
  const thrown: string[] = [];
  page.on('pageerror', (error) => void thrown.push(String(error)));
  await visit(page, here.shop, 'hanna');
  const body = await page.evaluate(() => document.querySelector('#picks')!.outerHTML);
  for (let view = 0; view < 3; view++) {
    await openCard(page);
    await page.evaluate(() => (window as any).candor.open('choices'));
    await expect(page.locator('candor-choices').getByRole('switch').first()).toBeVisible();
    await page.evaluate(([html, at]) => {
      history.pushState({}, '', `/shop?view=${at}`);
      document.querySelector('candor-choices')!.remove();
      document.querySelector('#picks')!.outerHTML = html as string;
    }, [body, view] as const);
    await expect(page.locator('candor-choices section.panel, #picks section.card')).toHaveCount(0);
  }
  await page.goBack();
  await openCard(page);
  await openLayer(card(page), 'sources');
  await toggle(row(page, 'basket')).click();
  await expect(row(page, 'basket').locator('.done')).toContainText('Saved');
  expect(thrown).toEqual([]);
});
