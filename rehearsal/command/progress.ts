import type { Progress } from '../world/world.ts';

/** Live progress on a terminal: one line that is written over. Where there is no terminal, a plain line each tenth part. */
export function makeProgress(stream: NodeJS.WriteStream): { readonly show: Progress; clear(): void } {
  let shown = false;
  return {
    show(what, done, of) {
      if (stream.isTTY) {
        stream.write(`\r\x1b[K  ${what}: ${done} of ${of}`);
        shown = true;
      } else if (done % Math.ceil(of / 10) === 0) stream.write(`  ${what}: ${done} of ${of}\n`);
    },
    clear() {
      if (shown) stream.write('\r\x1b[K');
      shown = false;
    },
  };
}

/** What long work is doing: on a terminal one line that is written over, elsewhere a line each. For standard error: a result is alone. */
export function makeNotifier(stream: NodeJS.WriteStream): { readonly notify: (text: string) => void; clear(): void } {
  const clear = () => {
    if (stream.isTTY) stream.write('\r\x1b[K');
  };
  return { notify: (text) => void stream.write(stream.isTTY ? `\r\x1b[K  ${text}` : `  ${text}\n`), clear };
}
