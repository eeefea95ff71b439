/**
 * The real nginx with the deployed configuration on real XFS: what it answers, and what release and probe answer while somebody
 * downloads. Prints facts as JSON; null where this machine has no nginx, with the reason.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WEB_DEFAULTS } from '../../lib/internal/web-settings.ts';
import { must } from '../../simulator/disks/shell.ts';
import { enterPrivateNamespace } from '../../simulator/disks/xfs/namespace.ts';
import { bringNginx } from '../../simulator/disks/xfs/nginx.ts';
import { XfsDisks } from '../../simulator/disks/xfs/xfs.ts';
import { install } from '../simulator/disks/software.ts';
import { keysOf, runVerb } from '../simulator/disks/support.ts';

const HOST = 'i-0aaaaaaaaaaaaaaaa';
const OTHER_HOST = 'i-0bbbbbbbbbbbbbbbb';
const ALPHA = 'vol-0000000000000000a';
const BETA = 'vol-0000000000000000b';
const NEXT = 'vol-0000000000000000c';
const VOLUMES: Readonly<Record<string, string>> = { [ALPHA]: 'alpha', [BETA]: 'beta', [NEXT]: 'alpha' };

const reason = enterPrivateNamespace();
if (reason !== undefined) throw new Error(reason);
const nginx = bringNginx();
if (typeof nginx === 'string') {
  console.log(JSON.stringify({ unavailable: nginx }));
  process.exit(0);
}
const disks = new XfsDisks();
const facts: Record<string, unknown> = {};
const root = (): string => disks.rootOf(HOST);
const staging = (id: string): string => join(root(), 'mnt/remount', id);
const verb = (name: string, id: string): unknown[] => {
  const { exitCode, stdout } = runVerb(disks, HOST, name, { volume: VOLUMES[id] ?? '', volumeId: id });
  return [exitCode, keysOf(stdout).state];
};
/** Status and headers of an answer. */
function get(path: string, ...more: string[]): { status: number; headers: Record<string, string>; bytes: number } {
  const socket = join(root(), 'run/remount-web/_front.sock');
  const asked = must(
    'curl',
    '--silent',
    '--include',
    '--path-as-is',
    '--unix-socket',
    socket,
    ...more,
    `http://site${path}`,
  );
  const [head = '', ...body] = asked.split(/\r?\n\r?\n/);
  const [line = '', ...rest] = head.split(/\r?\n/);
  const headers = Object.fromEntries(
    rest.map((l) => [l.split(': ')[0]?.toLowerCase() ?? '', l.slice(l.indexOf(': ') + 2)]),
  );
  return { status: Number(line.split(' ')[1]), headers, bytes: body.join('\n\n').length };
}
const status = (path: string): number => get(path).status;

for (const host of [HOST, OTHER_HOST]) disks.addHost(host);
const installed = install(disks, HOST);
facts.installed = [installed.exitCode, installed.stdout];
for (const id of [ALPHA, BETA]) {
  disks.createVolume(id, 1);
  disks.attach(id, HOST);
  facts[`before ${id}`] = status(`/healthz/${VOLUMES[id]}`);
  for (const name of ['format', 'mount', 'serve', 'serve', 'probe']) facts[`${name} ${VOLUMES[id]}`] = verb(name, id);
  const content = staging(id);
  mkdirSync(join(content, 'courses/one/.git'), { recursive: true });
  writeFileSync(join(content, 'courses/one/index.html'), '<p>hello</p>'.repeat(1000));
  for (const name of [
    'manifest.sha256',
    'manifest.sha256.tmp',
    'manifest.sha256~',
    '.hidden',
    '.git/config',
    'imsmanifest.xml',
    'a.glb',
    'a.odd',
    'a.mjs',
  ])
    writeFileSync(join(content, 'courses/one', name), 'x');
  mkdirSync(join(content, 'empty'));
  writeFileSync(join(content, 'big'), Buffer.alloc(16 * 2 ** 20));
  must('sync', '-f', content);
}
// Links that lead out, or nowhere; to what is the volume's own, too.
const links: Readonly<Record<string, string>> = {
  passwd: '/etc/passwd',
  slash: '/',
  'other-volume': staging(BETA),
  'other-link': join(root(), 'srv/content/beta'),
  relative: '../../../../../../../../etc/passwd',
  own: 'courses/one/index.html',
  canary: '.remount/canary',
};
for (const [name, target] of Object.entries(links)) symlinkSync(target, join(staging(ALPHA), name));
facts.links = Object.fromEntries(Object.keys(links).map((name) => [name, status(`/alpha/${name}`)]));
facts.behindLinks = ['slash/etc/passwd', 'other-volume/big', 'other-link/courses/one/index.html'].map((p) =>
  status(`/alpha/${p}`),
);
facts.hidden = [
  '/alpha/.remount/canary',
  '/alpha/%2eremount/canary',
  '/alpha/courses/one/.hidden',
  '/alpha/courses/one/.git/config',
  '/alpha/courses/one/manifest.sha256',
  '/alpha/courses/one/manifest%2esha256',
  '/alpha/courses/one/manifest.sha256.tmp',
  '/alpha/courses/one/manifest.sha256~',
  '/alpha/courses/one/..%2f..%2f.remount%2fcanary',
  '/alpha/courses/one/../../.remount/formatted',
].map(status);
facts.other = {
  index: status('/alpha/courses/one/'),
  course: status('/alpha/courses/one/imsmanifest.xml'),
  none: status('/alpha/none'),
  directory: status('/alpha/empty/'),
  unknown: status('/gamma/x'),
  root: status('/'),
  dots: status('/alpha/../beta/courses/one/'),
  health: status('/healthz/gamma'),
  post: get('/alpha/courses/one/', '--data', 'x').status,
};
facts.redirects = ['/alpha/courses/one', '/alpha%2fcourses/one?x=1', '/alpha', '/beta?x=/1', '/gamma'].map((path) => {
  const slash = get(path);
  return [slash.status, slash.headers.location];
});
const page = get('/alpha/courses/one/');
facts.headers = [
  page.headers['cache-control'],
  page.headers.etag !== undefined,
  page.headers['access-control-allow-origin'] ?? 'none',
  page.headers.server,
];
facts.revalidated = get('/alpha/courses/one/', '--header', `If-None-Match: ${page.headers.etag}`).status;
facts.range = get('/alpha/courses/one/', '--range', '0-9').status;
const packed = get('/alpha/courses/one/', '--header', 'Accept-Encoding: gzip');
facts.gzip = [packed.headers['content-encoding'], packed.headers.vary, packed.bytes < page.bytes / 4];
facts.types = ['a.glb', 'a.odd', 'a.mjs'].map((name) => get(`/alpha/courses/one/${name}`).headers['content-type']);
// The last of X-Forwarded-For is whom the load balancer took it from; it comes by TCP from an address of the network.
const net = disks.webNamespace(HOST);
const inside = `ip link set lo up && ip address add 10.0.0.9/32 dev lo && curl --silent --output /dev/null --header 'X-Forwarded-For: 1.2.3.4, 198.51.100.7' http://10.0.0.9/alpha/courses/one/`;
if (net && spawnSync('sh', ['-c', 'command -v ip']).status === 0)
  must('nsenter', `--net=${net}`, '--', 'sh', '-c', inside);
facts.logged = readFileSync(join(root(), 'var/log/remount/access.log'), 'utf8')
  .trim()
  .split('\n')
  .at(-1)
  ?.split(' ')[0];

// One volume's I/O hangs: the other is served throughout.
disks.stall(ALPHA, true);
facts.hanging = [
  disks.web(HOST, '/healthz/alpha') ?? 'nothing',
  status('/healthz/beta'),
  status('/beta/courses/one/'),
  verb('probe', BETA)[1],
];
disks.stall(ALPHA, false);
facts.awake = status('/healthz/alpha');

// Slow clients: of what is alive, and of what is shut down.
for (const path of ['/alpha/big', '/alpha/big', '/beta/big']) disks.download(HOST, path);
facts.downloads = disks.downloads(HOST);
facts.releaseAlive = [...verb('release', ALPHA), disks.mounted(ALPHA), disks.downloads(HOST)];
for (const name of ['mount', 'serve', 'probe']) facts[`${name} again`] = verb(name, ALPHA);
disks.download(HOST, '/alpha/big');
must('xfs_io', '-x', '-c', 'shutdown', staging(ALPHA));
facts.dead = [status('/healthz/alpha'), ...verb('probe', ALPHA)];
facts.releaseDead = [
  ...verb('release', ALPHA),
  disks.mounted(ALPHA),
  status('/healthz/alpha'),
  status('/healthz/beta'),
];
// Another volume of that name on the same host, while somebody still has a file of the old one open.
disks.createVolume(NEXT, 1);
disks.attach(NEXT, HOST);
for (const name of ['format', 'mount', 'serve', 'probe']) facts[`${name} next`] = verb(name, NEXT);
facts.next = status('/healthz/alpha');
facts.released = [...verb('release', NEXT), status('/healthz/alpha'), disks.downloads(HOST)];

// nginx -t of what is deployed, for several settings.
facts.judged = [
  WEB_DEFAULTS,
  { ...WEB_DEFAULTS, gzip: false, etag: false, cacheControl: 'public, max-age=86400, stale-while-revalidate=60' },
  { ...WEB_DEFAULTS, corsOrigins: ['*'] },
  {
    ...WEB_DEFAULTS,
    corsOrigins: ['https://lms.example.com', 'http://localhost:8080'],
    mimeTypes: { odd: 'text/x-odd', html: 'text/html' },
  },
].map((web, n) => {
  const host = `i-0ccccccccccccccc${n}`;
  disks.addHost(host);
  const { exitCode, stdout } = install(disks, host, web);
  return [exitCode, stdout];
});
disks.close();
console.log(JSON.stringify(facts));
