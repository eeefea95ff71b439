import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's; npm downloads none. */
export const CHROMIUM = '/usr/bin/chromium';

/** Why no browser can be started here; `undefined`: one can. */
export function noBrowser(): string | undefined {
  return existsSync(CHROMIUM) ? undefined : `there is no ${CHROMIUM}: apt-get install chromium`;
}

/** What a browser shows of a page. Lengths are pixels of the screen. */
export interface Shown {
  readonly title: string;
  readonly text: string;
  /** What is said in its console, and what is thrown. */
  readonly said: readonly string[];
  readonly requests: readonly string[];
  /** How wide the document is, and the window. */
  readonly width: number;
  readonly window: number;
  /** Elements that stand out of the window. */
  readonly outside: readonly string[];
  /** The smallest text in the picture that is shown. */
  readonly smallest: number;
  /** Words of the picture over each other. */
  readonly over: readonly string[];
  /** Of each text and mark the ratio of its colour to what is behind it. */
  readonly contrasts: readonly { readonly of: string; readonly ratio: number; readonly mark: boolean }[];
  readonly elements: readonly string[];
}

const PHONE = 600;

/** Opens a page as a file, in a window of that width. */
export async function shown(browser: Browser, file: string, width: number): Promise<Shown> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, isMobile: width < PHONE });
  const [said, requests]: [string[], string[]] = [[], []];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  try {
    await page.goto(`file://${file}`);
    const seen = (await page.evaluate(LOOK)) as Omit<Shown, 'said' | 'requests' | 'window'>;
    return { ...seen, said, requests, window: width };
  } finally {
    await page.close();
  }
}

/** So many sheets of A4 does it take. */
export async function sheets(browser: Browser, file: string): Promise<number> {
  const page = await browser.newPage();
  try {
    await page.goto(`file://${file}`);
    const pdf = await page.pdf({ preferCSSPageSize: true });
    return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  } finally {
    await page.close();
  }
}

export const started = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--force-color-profile=srgb'] });

/** Runs in the browser, which knows no TypeScript. Ratios: www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
const LOOK = `(() => {
  const channels = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const color = getComputedStyle(e).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const isShown = (e) => e.getClientRects().length > 0 && e.getBoundingClientRect().width > 0;
  const all = [...document.body.querySelectorAll('*')].filter(isShown);
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== '');
  const name = (e) => e.tagName + ' ' + e.textContent.slice(0, 30);
  const contrasts = all.flatMap((e) => {
    const style = getComputedStyle(e);
    if (e.tagName === 'rect') return [{ of: 'rect', ratio: ratio(style.fill, behind(e)), mark: true }];
    if (!own(e)) return [];
    return [{ of: name(e), ratio: ratio(e.closest('svg') ? style.fill : style.color, behind(e)), mark: false }];
  });
  const texts = all.filter((e) => e.tagName === 'text');
  const boxes = texts.map((e) => ({ text: e.textContent, box: e.getBoundingClientRect() }));
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 4 && b.top < a.bottom - 4;
  const over = boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a.box, b.box)).map((b) => a.text + ' / ' + b.text));
  const scale = (e) => e.ownerSVGElement.getBoundingClientRect().width / e.ownerSVGElement.viewBox.baseVal.width;
  return {
    title: document.title,
    text: document.body.innerText,
    width: document.documentElement.scrollWidth,
    outside: all.filter((e) => { const b = e.getBoundingClientRect(); return b.right > innerWidth + 1 || b.left < -1; }).map(name),
    smallest: Math.min(...texts.map((e) => Number.parseFloat(getComputedStyle(e).fontSize) * scale(e))),
    over,
    contrasts,
    elements: [...new Set(all.map((e) => e.tagName.toLowerCase()))].sort(),
  };
})()`;
