import { type BrowserContext, expect, type Page, type Request } from '@playwright/test';

/** Anything that a page does not do when all is well: a test fails by it unless it says beforehand that it will happen. */
export class Watch {
  readonly #seen: string[] = [];
  readonly #expected: RegExp[] = [];

  constructor(context: BrowserContext) {
    context.on('page', (page) => this.#follow(page));
    for (const page of context.pages()) this.#follow(page);
    context.on('weberror', (error) => this.#note(`uncaught: ${error.error().message}`));
    context.on('console', (message) => {
      // These are known by their responses, below.
      const isKnown = message.text().startsWith('Failed to load resource');
      if (message.type() === 'error' && !isKnown) this.#note(`console: ${message.text()}`);
      if (message.text().startsWith(VIOLATION)) this.#note(message.text());
    });
    context.on('response', (response) => {
      if (response.status() >= 400) this.#note(`${response.status()} ${line(response.request())}`);
    });
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? 'no reason';
      // The page did not want it any more, or was left.
      if (why !== 'net::ERR_ABORTED') this.#note(`${why} ${line(request)}`);
    });
  }

  /** Before it happens. */
  expect(...lines: RegExp[]): void {
    this.#expected.push(...lines);
  }

  /** At the end of each test. */
  check(): void {
    expect(this.#seen.filter((seen) => !this.#expected.some((line) => line.test(seen)))).toEqual([]);
  }

  #follow(page: Page): void {
    void page.addInitScript((violation) => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        // biome-ignore lint/suspicious/noConsole: it is how the page tells the test.
        console.warn(`${violation} ${violatedDirective} ${blockedURI}`);
      });
    }, VIOLATION);
  }

  #note(line: string): void {
    this.#seen.push(line);
  }
}

const VIOLATION = 'content security policy:';

function line(request: Request): string {
  const { pathname } = new URL(request.url());
  return `${request.method()} ${pathname}`;
}
