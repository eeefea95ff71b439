import type { Diagnosis } from './doctor.ts';

/** What is wrong comes first, each with what to do; then what nobody answered, and what was never asked. */
export function diagnosisText({ stack, region, at, findings, unasked, beyond }: Diagnosis): string {
  return [
    `${stack} in ${region}, ${new Date(at).toISOString()}`,
    findings.length === 0 ? 'nothing found that would keep a heal from working' : `${findings.length} found:`,
    ...findings.flatMap(({ about, volume, what, do: how }) => [
      `  ${about}${volume ? ` of ${volume}` : ''}: ${what}`,
      `    do: ${how}`,
    ]),
    ...(findings.some(({ do: how }) => how.includes('runbook: '))
      ? ['runbook: NAME is the section of that name in docs/runbook.md']
      : []),
    ...(unasked.length > 0
      ? ['could not be asked, so nothing is said of it:', ...unasked.map(({ what, why }) => `  ${what}: ${why}`)]
      : []),
    'not asked by this command:',
    ...beyond.map(({ what, do: how }) => `  ${what}: ${how}`),
    '',
  ].join('\n');
}
