import type { Statement } from './iam.ts';

/** How one statement of one role allowed one action. */
export interface Use {
  /** The principal's name: the role's logical id. */
  readonly role: string;
  /** Where the statement stands ({@link Statement.source}). */
  readonly source: string;
  /** For example `ec2:CreateVolume`. */
  readonly action: string;
  count: number;
  /** When a call first needed this statement, for no other one allowed it. Unix milliseconds of virtual time. */
  neededAt: number | undefined;
}

/** A call that no statement allowed, or that one denied. */
export interface Denial {
  readonly role: string;
  readonly action: string;
  readonly resources: readonly string[];
  /** The statement to add, or the one that denies. */
  readonly missing: string;
}

/** Which statement of which role allowed each call of a rehearsal, and which calls were denied. */
export class PermissionLedger {
  readonly #uses = new Map<string, Use>();
  /** The same by statement and action: quicker to find. */
  readonly #last = new WeakMap<Statement, Map<string, Use>>();
  readonly denials: Denial[] = [];
  /** Hears of each denial. */
  onDenial: ((denial: Denial) => void) | undefined;

  /** By role, statement and action, in the order of their first use. */
  get uses(): readonly Use[] {
    return [...this.#uses.values()];
  }

  /**
   * @param by what `evaluate` says of a call that is allowed: for each resource, the statements that allow it
   * @param at Unix milliseconds of virtual time
   */
  allowed(role: string, action: string, by: ReadonlyMap<string, readonly Statement[]>, at: number): void {
    for (const statements of by.values())
      for (const statement of statements) {
        const use = this.#use(role, statement, action);
        use.count++;
        if (statements.length === 1) use.neededAt ??= at;
      }
  }

  #use(role: string, statement: Statement, action: string): Use {
    const uses = this.#last.get(statement) ?? new Map<string, Use>();
    this.#last.set(statement, uses);
    const last = uses.get(action);
    if (last?.role === role) return last;
    const { source } = statement;
    const key = `${role} ${source} ${action}`;
    const use = this.#uses.get(key) ?? { role, source, action, count: 0, neededAt: undefined };
    this.#uses.set(key, use);
    uses.set(action, use);
    return use;
  }

  denied(denial: Denial): void {
    this.denials.push(denial);
    this.onDenial?.(denial);
  }
}
