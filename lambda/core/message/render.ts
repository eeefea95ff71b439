import type { Message } from '../world/message.ts';
import { drillWords } from './drill-words.ts';
import { footer } from './footer.ts';
import { guardWords } from './guard-words.ts';
import { healWords } from './heal-words.ts';
import type { Place, Words } from './words.ts';

/** A message as people get it: the one place where it becomes sentences. */
export function render(message: Message, place: Place): { readonly subject: string; readonly text: string } {
  const { subject, lines } = words(message, place);
  return { subject, text: [...lines, ...footer(message, place)].join('\n') };
}

function words(message: Message, place: Place): Words {
  switch (message.kind) {
    case 'served':
    case 'needsPerson':
    case 'overtaken':
    case 'ledgerSilent':
    case 'waits':
    case 'slowMount':
      return healWords(message, place);
    case 'damaged':
    case 'sound':
    case 'reliedOn':
    case 'fallen':
    case 'incomplete':
    case 'unreadable':
    case 'odd':
      return drillWords(message, place);
    case 'held':
    case 'policy':
    case 'policySound':
    case 'test':
    case 'unheardAlarms':
    case 'leftAsItIs':
      return guardWords(message, place);
  }
}
