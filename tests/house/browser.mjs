// Which Chromium: the system's, else the one that Playwright brings.
import { existsSync } from 'node:fs';

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

/** A browser that speaks to nobody of its own accord. */
export const launch = {
  ...(executablePath && { executablePath }),
  args: [
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // A page that a test hands over has no address of its own, and would not reach this machine.
    '--disable-features=LocalNetworkAccessChecks',
  ],
};

export const browser = { browserName: 'chromium', launchOptions: launch };
