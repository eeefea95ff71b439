import { type ComponentChild, h } from 'preact';
import { render } from 'preact-render-to-string';
import { CSS } from './style.ts';

interface Document {
  readonly title: string;
  /** It is asked for again after so many seconds. @default never */
  readonly againSeconds?: number;
}

/** A document of its own: no script, nothing that it fetches. The renderer escapes all text; the style sheet is a constant. */
export function documentOf({ title, againSeconds }: Document, ...main: readonly ComponentChild[]): string {
  const document = h(
    'html',
    { lang: 'en' },
    h(
      'head',
      null,
      h('meta', { charset: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { 'http-equiv': 'Content-Security-Policy', content: "default-src 'none'; style-src 'unsafe-inline'" }),
      ...(againSeconds === undefined ? [] : [h('meta', { 'http-equiv': 'refresh', content: String(againSeconds) })]),
      h('title', null, title),
      h('style', { dangerouslySetInnerHTML: { __html: CSS } }),
    ),
    h('body', null, h('main', null, ...main)),
  );
  return `<!doctype html>\n${render(document)}\n`;
}
