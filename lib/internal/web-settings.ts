import { z } from 'zod';
import { ALLOWED } from '../props/allowed.ts';

/** How content is served. None of it costs anything but traffic, and room for logs on the instances. */
export interface WebSettings {
  /** Whether texts (HTML, CSS, scripts, JSON, XML, SVG) are compressed for who takes that. By default `true`: less traffic. */
  readonly gzip: boolean;
  /** The header Cache-Control of all content. By default `no-cache`: kept, and asked for again each time, which is answered by 304. */
  readonly cacheControl: string;
  /** Whether answers carry an ETag, made of a file's time and size. By default `true`. */
  readonly etag: boolean;
  /** Origins whose scripts may read content, such as `https://lms.example.com`, or `*` for all. By default none. */
  readonly corsOrigins: readonly string[];
  /** MIME types by file name extension without a dot, such as `glb`, over those of nginx and some more. By default none are added. */
  readonly mimeTypes: Readonly<Record<string, string>>;
  /** For how many days each instance keeps its access log, on its root disk of 16 GiB: 1 to 365. By default 30. */
  readonly accessLogDays: number;
}

const CACHE_CONTROL = 'directives of Cache-Control such as no-cache or public, max-age=300';
const EXTENSION = 'extensions such as glb, without a dot';
const MIME_TYPE = 'MIME types such as model/gltf-binary';
const DAYS = { min: 1, max: 365 };

/** What a setting may be. All of it gets into a configuration of nginx: nothing that ends a word there is let through. */
export const WEB = {
  gzip: z.boolean('true or false'),
  cacheControl: z.string(CACHE_CONTROL).regex(/^[a-z-]+(=\d+)?(, [a-z-]+(=\d+)?)*$/, CACHE_CONTROL),
  etag: z.boolean('true or false'),
  corsOrigins: ALLOWED.origins,
  mimeTypes: z.record(
    z.string().regex(/^[A-Za-z0-9]{1,16}$/, EXTENSION),
    z.string(MIME_TYPE).regex(/^[a-z]+\/[A-Za-z0-9.+-]+$/, MIME_TYPE),
  ),
  accessLogDays: z
    .int(`a whole number from ${DAYS.min} to ${DAYS.max} days`)
    .min(DAYS.min, `a whole number from ${DAYS.min} to ${DAYS.max} days`)
    .max(DAYS.max, `a whole number from ${DAYS.min} to ${DAYS.max} days`),
} as const;

/** What is not said otherwise. */
export const WEB_DEFAULTS: WebSettings = {
  gzip: true,
  cacheControl: 'no-cache',
  etag: true,
  corsOrigins: [],
  mimeTypes: {},
  accessLogDays: 30,
};

/** What nginx's own list lacks, or lacked in the versions about. Source: iana.org/assignments/media-types */
const MIME_TYPES: Readonly<Record<string, string>> = {
  mjs: 'text/javascript',
  webmanifest: 'application/manifest+json',
  map: 'application/json',
  jsonld: 'application/ld+json',
  vtt: 'text/vtt',
  md: 'text/markdown',
  csv: 'text/csv',
  opus: 'audio/ogg',
  mpd: 'application/dash+xml',
  ttf: 'font/ttf',
  otf: 'font/otf',
  glb: 'model/gltf-binary',
};

/** text/html always is. */
const COMPRESSED = [
  'text/plain',
  'text/css',
  'text/xml',
  'text/csv',
  'text/vtt',
  'text/markdown',
  'text/javascript',
  'application/javascript',
  'application/json',
  'application/ld+json',
  'application/manifest+json',
  'application/xml',
  'application/wasm',
  'image/svg+xml',
];

/** The part of `host/etc/web.conf` that the settings decide, `etc/web-settings.conf` of the host software. */
export function webSettingsConf(settings: WebSettings): string {
  const { gzip, cacheControl, etag, corsOrigins, mimeTypes } = settings;
  const types = Object.entries({ ...MIME_TYPES, ...mimeTypes });
  return [
    'types {',
    ...types.map(([extension, type]) => `  ${type} ${extension};`),
    '}',
    `gzip ${gzip ? 'on' : 'off'};`,
    // The front asks by HTTP/1.1, and adds no Via; the load balancer may have added one.
    'gzip_proxied any;',
    'gzip_vary on;',
    'gzip_min_length 1024;',
    `gzip_types ${COMPRESSED.join(' ')};`,
    `etag ${etag ? 'on' : 'off'};`,
    ...cors(corsOrigins),
    `add_header Cache-Control "${cacheControl}";`,
    '',
  ].join('\n');
}

/** A header whose value is empty is not sent. */
function cors(origins: readonly string[]): string[] {
  const value = origins[0] === '*' ? '"*"' : '$http_origin';
  const known = origins[0] === '*' ? ['  default "*";'] : origins.map((origin) => `  "${origin}" ${value};`);
  const map = origins.length === 0 ? [] : ['map $http_origin $cors_origin {', ...known, '}'];
  if (origins.length === 0) return [];
  return [
    ...map,
    'map $cors_origin $cors_methods { "" ""; default "GET, HEAD, OPTIONS"; }',
    'map $cors_origin $cors_headers { "" ""; default "Range, If-None-Match, If-Modified-Since"; }',
    'map $cors_origin $cors_exposed { "" ""; default "Content-Range, ETag, Accept-Ranges"; }',
    'add_header Access-Control-Allow-Origin $cors_origin always;',
    'add_header Access-Control-Allow-Methods $cors_methods always;',
    'add_header Access-Control-Allow-Headers $cors_headers always;',
    'add_header Access-Control-Expose-Headers $cors_exposed always;',
    ...(origins[0] === '*' ? [] : ['add_header Vary Origin always;']),
  ];
}
