/** Exit codes of all commands. `docs/operate.md` has them as a table. */
export const EXIT = { ok: 0, look: 1, usage: 2, refused: 3, unasked: 4, interrupted: 130 } as const;

/** An error that says with which code the command ends. */
export interface Failed extends Error {
  readonly exitCode?: number;
}
