// A choice in one tab → the other tab's card and allowed() agree.
import { open, say, visitSwitches } from './browser.mjs';

const [shop, channel] = process.argv.slice(2);
const ROUNDS = 48;
const browser = await open();
const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, locale: 'en-GB' });
// A browser that has none: only storage tells one tab of another.
if (channel === 'none') await context.addInitScript(() => void delete globalThis.BroadcastChannel);

async function tab() {
  const page = await context.newPage();
  await visitSwitches(page, shop, 'hanna');
  await page.evaluate(() => {
    window.toggleOf = () => {
      const root = document.querySelector('#picks h2 candor-why').shadowRoot;
      return root.getElementById('candor-recommendations/basket').closest('li').querySelector('button[role=switch]');
    };
  });
  return page;
}

// What the service tells both of its own accord would hide how fast one tells the other.
// Cut in the page: a route would lead every other request through the script that measures.
await context.addInitScript(() => {
  const ask = globalThis.fetch;
  globalThis.fetch = async (url, how) => {
    if (String(url).endsWith('/v1/live')) throw new TypeError('cut');
    const answer = await ask(url, how);
    if (String(url).endsWith('/v1/decisions')) window.answered ??= performance.timeOrigin + performance.now();
    return answer;
  };
});
const here = await tab();
const there = await tab();

/** When the service's answer to the decision came: either tab may be the one that sent it. */
async function answered() {
  const [one, other] = await Promise.all([here, there].map((tab) => tab.evaluate(() => window.answered ?? Infinity)));
  return Math.min(one, other);
}

const times = { refusal: [], grant: [], answer: [] };
for (let round = 0; round < ROUNDS + 2; round++) {
  const goal = await here.evaluate(() => window.toggleOf().getAttribute('aria-checked') !== 'true');
  const agreed = there.evaluate(
    (goal) =>
      new Promise((resolve, reject) => {
        const began = Date.now();
        const root = document.querySelector('#picks h2 candor-why').shadowRoot;
        // Looked at whenever something came or was drawn. Asked over and over, the page would spend on
        // the asking the time that is measured; now and then is enough for what comes otherwise.
        const drawn = new MutationObserver(() => look());
        drawn.observe(root, { subtree: true, childList: true, attributes: true });
        const called = globalThis.BroadcastChannel && new BroadcastChannel(`candor:${document.querySelector('script[data-site]').dataset.site}`);
        called?.addEventListener('message', look);
        addEventListener('storage', look);
        const nowAndThen = setInterval(look, 20);
        const over = (end) => {
          drawn.disconnect();
          called?.close();
          removeEventListener('storage', look);
          clearInterval(nowAndThen);
          end();
        };
        function look() {
          const card = window.toggleOf().getAttribute('aria-checked') === String(goal);
          const now = performance.timeOrigin + performance.now();
          // A grant counts once the service has it; a refusal at once.
          if (card && window.candor.allowed('recommendations', 'basket') === goal) over(() => resolve(now));
          else if (Date.now() - began > 10_000) over(() => reject(new Error('no agreement after 10 s')));
        }
        look();
      }),
    goal,
  );
  for (const tab of [here, there]) await tab.evaluate(() => void (window.answered = undefined));
  const pressed = await here.evaluate(() => {
    const at = performance.timeOrigin + performance.now();
    window.toggleOf().click();
    return at;
  });
  // The first two warm up the service.
  const at = await agreed;
  if (round >= 2) {
    times[goal ? 'grant' : 'refusal'].push(at - pressed);
    if (goal) times.answer.push(at - (await answered()));
  }
  await here.waitForTimeout(250);
}
await browser.close();
say(times);
