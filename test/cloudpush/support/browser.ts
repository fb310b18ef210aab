import { spawnSync } from 'node:child_process';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

export type { Browser, Page };

/** The browser's own line about an answer that is an error, or about none: not the page's. */
const NETWORK_LINE = /^Failed to load resource/;

/** Debian's Chromium, without a window. It may run as root, and in a container with little shared memory. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = spawnSync('which', ['chromium'], { encoding: 'utf8' }).stdout.trim();
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

/** A page of its own, and what must not happen in it. */
export class WatchedPage implements AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings of the page, as the browser's console tells them. */
  readonly errors: string[] = [];
  /** Requests to anyone but the gateway. */
  readonly foreign: string[] = [];

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      const isOfPage = !NETWORK_LINE.test(message.text());
      if (isOfPage && ['error', 'warning'].includes(message.type())) this.errors.push(message.text());
    });
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.protocol !== 'blob:' && url.origin !== origin) this.foreign.push(request.url());
    });
  }

  static async open(browser: Browser, url: string, options: PageOptions = {}): Promise<WatchedPage> {
    const { width = 1440, height = 900, colorScheme = 'light' } = options;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme });
    const watched = new WatchedPage(page, new URL(url).origin);
    await page.goto(url);
    return watched;
  }

  /** Nothing went wrong, and nobody else was asked. */
  expectCalm(): void {
    expect(this.errors).toEqual([]);
    expect(this.foreign).toEqual([]);
  }

  /**
   * The page keeps the rules of accessibility that a program can check (WCAG 2.2 A, AA, and good practice).
   * @param rules `contrast`: of these, the one that colours alone can break
   */
  async expectAccessible(rules: 'all' | 'contrast' = 'all'): Promise<void> {
    // The page's own policy keeps scripts out that do not come from the gateway: this one is evaluated from
    // outside.
    await this.page.evaluate(axe.source);
    const options = rules === 'all' ? '' : '{ runOnly: ["color-contrast"] }';
    const { violations } = (await this.page.evaluate(`axe.run(${options})`)) as axe.AxeResults;
    const found = violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .map(({ html }) => html)
          .slice(0, 3)
          .join(' ')}`,
    );
    expect(found).toEqual([]);
  }

  /** No part of the page is wider than the window. */
  async expectNoSidewaysScroll(): Promise<void> {
    const widths = await this.page.evaluate(
      '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
    );
    const [content, window] = widths as [number, number];
    expect(content).toBeLessThanOrEqual(window);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
  }
}
