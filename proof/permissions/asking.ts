import type { Progress } from '../../rehearsal/world/world.ts';
import type { Principal } from '../../simulator/aws/iam/account.ts';
import type { Statement } from '../../simulator/aws/iam/iam.ts';
import { COMMANDS, type Command, DAY_SETTINGS, type People, type Said, WHO, type Who, withPeople } from './people.ts';
import { type How, type Removal, units } from './removal.ts';
import { personStatements, type RoleStatement, roleName } from './statements.ts';
import { countUses, type Grant, matches, type Stacks } from './survey.ts';

/** What people may do, and did. */
export interface Asked {
  readonly grants: readonly Grant[];
  readonly removals: readonly Removal[];
  /** Commands that do not do what they are for with all statements in place; or that a viewer is not refused. */
  readonly broken: readonly string[];
  /** Which statements each command used, by their names. The ledger's key is opened for the first alone: for five minutes it stays open. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
}

/** What a command ends with that did its work; `status` and `doctor` may have found something. */
const DONE: readonly number[] = [0, 1];
const UNASKED = 4;

const all = Object.entries(COMMANDS) as [Command, (typeof COMMANDS)[Command]][];

/** DynamoDB says of its key no more than that: github.com/aws/aws-cdk/issues/10010 */
const OF_THE_KEY = 'KMS key access denied';

function namesIt({ code, text }: Said, action: string, spares: readonly string[] = []): boolean {
  const named =
    text.includes(`not authorized to perform: ${action}`) || (action.startsWith('kms:') && text.includes(OF_THE_KEY));
  return (code !== 0 || spares.includes(action)) && named;
}

/** Runs every command with the policies of the stack, and with less. @param remove nothing is taken out where it is `undefined` */
export async function askEverything(
  stacks: Stacks,
  remove: Pick<How, 'byAction'> | undefined,
  progress: Progress,
): Promise<Asked> {
  const stack = await stacks.of(DAY_SETTINGS);
  return withPeople(stack, async (people) => {
    const statements = personStatements(stack.template);
    const asking = new Asking(people, statements);
    for (const [i, [command]] of all.entries()) {
      for (const who of WHO) await asking.ask(command, who);
      progress('commands', i + 1, all.length);
    }
    const grants = asking.grants;
    const removals: Removal[] = [];
    const taken = remove ? units(grants, remove.byAction) : [];
    for (const unit of taken) {
      removals.push(await asking.without(unit, remove?.byAction ?? false));
      progress('removals of people', removals.length, taken.length);
    }
    return { grants, removals, broken: asking.broken, commands: asking.commands };
  });
}

class Asking {
  readonly broken: string[] = [];
  readonly #people: People;
  readonly #statements: readonly RoleStatement[];
  readonly #uses: {
    readonly command: Command;
    readonly role: string;
    readonly source: string;
    readonly action: string;
  }[] = [];
  #taken = 0;

  constructor(people: People, statements: readonly RoleStatement[]) {
    this.#people = people;
    this.#statements = statements;
  }

  get commands(): Record<string, string[]> {
    const used = (command: Command) =>
      this.#statements.filter(({ role, source }) =>
        this.#uses.some((use) => use.command === command && use.role === role && use.source === source),
      );
    return Object.fromEntries(
      all.map(([command]) => [command, [...new Set(used(command).map(({ name = '' }) => name))]]),
    );
  }

  get grants(): Grant[] {
    const grants = new Map<string, Grant>();
    countUses(grants, this.#statements, this.#people.services.cloud.permissions, () => {});
    return [...grants.values()];
  }

  /** With all statements in place. */
  async ask(command: Command, who: Who): Promise<void> {
    const { services, holders } = this.#people;
    const { permissions } = services.cloud;
    const before = new Map(permissions.uses.map((use) => [use, use.count]));
    const denied = permissions.denials.length;
    const said = await this.#people.run(command, holders[who]);
    const denials = permissions.denials.slice(denied);
    const may = (COMMANDS[command].who as readonly Who[]).includes(who);
    const well = may
      ? DONE.includes(said.code) && denials.length === 0
      : said.code === UNASKED && denials.length > 0 && denials.every(({ action }) => namesIt(said, action));
    if (!well) this.broken.push(`remount ${command} as ${who} (exit code ${said.code}: ${said.text.trim()})`);
    if (!may) return;
    for (const use of permissions.uses)
      if (use.role === holders[who].name && use.count > (before.get(use) ?? 0)) this.#uses.push({ command, ...use });
  }

  /** Takes statements out, and looks for a command that is denied something and says what. */
  async without(unit: readonly Grant[], byAction: boolean): Promise<Removal> {
    const [grant] = unit;
    if (!grant) throw new Error('a unit without a grant');
    const { statement } = grant;
    const action = byAction ? grant.action : undefined;
    const users = this.#uses.filter(
      ({ role, source, ...use }) =>
        role === statement.role && source === statement.source && unit.some((one) => matches(one.action, use.action)),
    );
    const somebody = this.#lacking(statement.role, statement.source, action);
    const { permissions } = this.#people.services.cloud;
    let survives = users.length === 0 ? 'nothing uses it' : 'no command is denied anything without it';
    for (const command of new Set(users.map((use) => use.command))) {
      const before = permissions.denials.length;
      const said = await this.#people.run(command, somebody);
      const denial = permissions.denials
        .slice(before)
        .find((each) => unit.some((one) => matches(one.action, each.action)));
      if (!denial) continue;
      const scenario = `remount ${command}`;
      const { spares = [] } = COMMANDS[command] as { readonly spares?: readonly string[] };
      if (namesIt(said, denial.action, spares))
        return { statement, action, noticed: { scenario, denial }, survives: undefined };
      survives = `${scenario} is denied ${denial.action}, and does not say so`;
    }
    return { statement, action, noticed: undefined, survives };
  }

  /** Somebody new: what DynamoDB has opened for others it has not for them. */
  #lacking(role: string, source: string, action: string | undefined): Principal {
    const who = WHO.find((each) => this.#people.holders[each].name === role);
    if (!who) throw new Error(`nobody has ${role}`);
    const kept = this.#people.holders[who].statements().flatMap((each): Statement[] => {
      if (each.source !== source) return [each];
      return action === undefined ? [] : [{ ...each, actions: each.actions.filter((other) => other !== action) }];
    });
    this.#taken += 1;
    return { name: `${roleName(role)} ${this.#taken}`, statements: () => kept };
  }
}
