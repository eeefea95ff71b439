import { broken, type Mutant, rehearse } from './mutant.ts';

const ITSELF = /BROKEN .*serves? (nothing )?by itself/;

/** What an owner does that boots again, decision 25. */
export const REBOOT_PARTS: readonly Mutant[] = [
  broken(
    'host-reboot',
    'an instance may ask the ledger',
    'lib/fleet.ts',
    '    software.ledger?.grantAsking(role);\n',
    '',
    ITSELF,
  ),
  broken(
    'host-crash',
    'an instance has a way to the ledger',
    'lib/network.ts',
    '    if (props.software?.ledger)\n',
    '    if (!props.software)\n',
    ITSELF,
  ),
  {
    rule: 'host-reboot-unanswered: what does not answer has allowed nothing',
    edits: [
      {
        file: 'host/owner.sh',
        code: '|| fail timeout "the ledger does not answer: $(cat "$told.aws")"',
        instead: '|| said=$(printf "%s\\t%s\\tNone" "$volume_id" "$self")',
      },
    ],
    play: [...rehearse('host-reboot-unanswered').slice(0, -1), 'xfs'],
    says: ITSELF,
  },
  broken(
    'reboot-during-heal',
    'an owner that boots is told to let go once it answers',
    'lambda/core/heal/fence.ts',
    "if (probed.state !== 'unreachable') {",
    'if (!probed) {',
    /BROKEN .*no instance is stopped/,
  ),
];
