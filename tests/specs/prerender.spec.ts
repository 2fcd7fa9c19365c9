// A page that the browser renders before anybody looks at it. A browser that is remote-controlled does no such
// thing, so this one is not: what a person would do, a script of the shop's does, and reports.
import { chromium, expect, test } from '@playwright/test';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../house/browser.mjs';
import { demo } from '../house/demo';
import { Front } from '../house/front';
import { Line } from '../house/line';

const here = demo();

/** A page of the shop that has the browser render the next one, and goes there when that is done. */
const BEFORE = `<!doctype html><title>Before</title>
<script type="speculationrules">{"prerender":[{"source":"list","urls":["/shop"],"eagerness":"immediate"}]}</script>
<script>
  (async () => {
    while (!(await (await fetch('/report/rendered')).json())) await new Promise((go) => setTimeout(go, 200));
    location.href = '/shop';
  })();
</script>`;

/** Goes with the shop's page; runs in it while nobody looks and, once somebody does, in their place. */
function hands(): void {
  const until = async (there: () => unknown) => {
    while (!there()) await new Promise((go) => setTimeout(go, 50));
  };
  const tell = (what: string, said: object) => fetch('/report/' + what, { method: 'POST', body: JSON.stringify(said) });
  const find = (selector: string) => document.querySelector('#picks h2 candor-why')!.shadowRoot?.querySelector<HTMLElement>(selector);
  const kept = () => Object.keys(localStorage).filter((key) => key.startsWith('candor'));
  void (async () => {
    const rendered = (document as any).prerendering === true;
    // Long enough for all that the page would do of its own accord.
    await new Promise((go) => setTimeout(go, 3_000));
    await tell('rendered', { rendered, kept: kept() });
    await until(() => !(document as any).prerendering);
    const { activationStart } = performance.getEntriesByType('navigation')[0] as any;
    const saved: string[] = [];
    document.addEventListener('candor:saved', (event) => saved.push((event as CustomEvent).detail.status));
    await until(() => find('[aria-expanded]'));
    find('[aria-expanded]')!.click();
    await until(() => find('section.card[data-candor-state="ready"]'));
    find('details[data-layer="sources"] summary')!.click();
    await until(() => find('details[data-layer="sources"] [role="switch"]'));
    find('li.row:has(h5[id$="/orders"]) [role="switch"]')!.click();
    await until(() => saved.includes('saved'));
    await tell('done', { activationStart, saved, allowed: (window as any).candor.allowed('recommendations', 'orders') });
  })();
}

type Reports = {
  rendered?: { rendered: boolean; kept: string[]; asked: string[] };
  done?: { activationStart: number; saved: string[]; allowed: boolean };
};

test('rendered before anybody looks: nothing is kept or asked about anybody, and once somebody does, it works as ever', async () => {
  const reports: Reports = {};
  const line = new Line(here);
  const front = new Front(
    here,
    (_, __, body) => body.replace('</body>', '<script src="/hands.js"></script></body>'),
    (asked, answer) => {
      const report = asked.url?.startsWith('/report/') && (asked.url.slice(8) as keyof Reports);
      if (asked.url === '/hands.js') answer.writeHead(200, { 'content-type': 'text/javascript' }).end(`(${hands})()`);
      else if (report && asked.method === 'GET') answer.writeHead(200).end(JSON.stringify(!!reports[report]));
      else if (report) {
        let body = '';
        asked.on('data', (part) => (body += part));
        asked.on('end', () => {
          reports[report] = { ...JSON.parse(body), asked: [...line.asked] };
          answer.writeHead(204).end();
        });
      } else if (asked.url === '/before') {
        // Signed in as Hanna from here on.
        const { hostname, port } = new URL(here.shop);
        request({ hostname, port, path: '/shop?persona=hanna' }, (heard) => {
          heard.resume();
          answer.writeHead(200, { 'content-type': 'text/html', 'set-cookie': heard.headers['set-cookie'] ?? [] }).end(BEFORE);
        }).end();
      } else return false;
      return true;
    },
  );
  const ways = [[here.shop, await front.listen()], [here.service, await line.listen()]] as const;
  const rules = ways.map(([from, port]) => `MAP ${new URL(from).host} 127.0.0.1:${port}`).join(',');
  const profile = mkdtempSync(join(tmpdir(), 'candor-prerender-'));
  const args = [...launch.args, '--headless=new', `--user-data-dir=${profile}`, `--host-resolver-rules=${rules}`, `${here.shop}/before`];
  const browser = spawn(launch.executablePath ?? chromium.executablePath(), args, { stdio: 'ignore', detached: true });
  try {
    await expect.poll(() => reports.done, { timeout: 40_000 }).toBeTruthy();
    expect(reports.rendered!.rendered, 'while nobody looked').toBe(true);
    expect(reports.rendered!.kept).toEqual([]);
    for (const asked of reports.rendered!.asked) expect(asked).toMatch(/^GET \/(embed\/[\w.-]+|v1\/notice\?site=pk_demo)$/);
    expect(reports.done!.activationStart, 'that very page').toBeGreaterThan(0);
    expect(reports.done!.saved).toEqual(['local', 'saved']);
    expect(reports.done!.allowed).toBe(false);
    expect(line.hits.length, 'sent once').toBe(1);
  } finally {
    const ended = new Promise((go) => browser.once('exit', go));
    browser.kill('SIGTERM');
    await ended;
    await line.shut();
    front.shut();
    // Its children write to the profile as long as they live.
    try {
      process.kill(-browser.pid!, 'SIGKILL');
    } catch {
      // They ended with it.
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});
