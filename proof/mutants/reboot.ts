import { broken, type Mutant, type Notice, rehearse } from './mutant.ts';

const ITSELF: readonly Notice[] = [
  { promise: 'the owner serves by itself once it is up' },
  { promise: 'the owner looks, and serves nothing by itself' },
];

/** What an owner does that boots again, decision 25. */
export const REBOOT_PARTS: readonly Mutant[] = [
  broken(
    'host-reboot',
    'an instance may ask the ledger',
    { file: 'lib/fleet.ts', code: '    software.ledger?.grantAsking(role);\n', instead: '' },
    ITSELF,
  ),
  broken(
    'host-crash',
    'an instance has a way to the ledger',
    {
      file: 'lib/network.ts',
      code: 'const dynamoDb = props.software?.ledger ? this',
      instead: 'const dynamoDb = props.software === undefined ? this',
    },
    ITSELF,
  ),
  {
    rule: 'host-reboot-unanswered: what does not answer has allowed nothing',
    edits: [
      {
        file: 'host/owner.sh',
        code: '|| fail timeout "the ledger does not answer: $(cat "$reply.aws")"',
        instead: '|| said=$(printf "%s\\t%s\\tNone" "$volume_id" "$self")',
      },
    ],
    play: [...rehearse('host-reboot-unanswered').slice(0, -1), 'xfs'],
    notices: ITSELF,
  },
  broken(
    'reboot-during-heal',
    'an owner that boots is asked to let go once it answers',
    { file: 'lambda/core/heal/fence.ts', code: "if (probed.state !== 'unreachable') {", instead: 'if (!probed) {' },
    [{ promise: 'no instance is stopped' }],
  ),
];
