export const launch: { executablePath?: string; args: string[] };
export const browser: { browserName: 'chromium'; launchOptions: typeof launch };
