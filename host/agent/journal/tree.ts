import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Kind, Local, LocalChanges, Place } from '../../../journal/apply/view.ts';
import { fromBytes, toBytes } from '../../../journal/name.ts';
import { type Identity, ROOT } from '../../../journal/record.ts';
import type { Index, IndexChanges, Known } from '../../../journal/write/index.ts';
import type { Handle } from '../kernel/handle.ts';
import { asIdentity } from './label.ts';

/**
 * Names are bytes. `name_of` is for where an identity is named; `settled` has each directory whose names were found to be these at that time of change.
 * `handle` has those alone whose identity is another text. A text of a half surrogate would not come back from SQLite.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS node (identity TEXT PRIMARY KEY, kind TEXT NOT NULL, ctime INTEGER NOT NULL, size INTEGER NOT NULL,
  mtime INTEGER NOT NULL, sha256 TEXT, unsure INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS name (directory TEXT NOT NULL, name BLOB NOT NULL, identity TEXT NOT NULL,
  PRIMARY KEY (directory, name)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS name_of ON name (identity);
CREATE TABLE IF NOT EXISTS handle (handle TEXT PRIMARY KEY, identity TEXT NOT NULL UNIQUE) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owed (identity TEXT PRIMARY KEY, directory TEXT NOT NULL, name BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settled (directory TEXT PRIMARY KEY, ctime INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;
/** What `meta` has once a tree is what the journal has: an index that a crash left half made is none. */
export const ADOPTED = 'adopted';
/** What `meta` has as long as there may be something in the journal that its volume does not have, and people use that already. */
export const LATE = 'late';
/** Raised by each change after which an older tree would be read wrongly. */
const VERSION = '1';

type Row = Record<string, unknown>;

/**
 * What a journal has of a volume, in an SQLite file: the writer's index, and what an applier notes of its spare. The two are one thing, so the owner that
 * a standby becomes goes on with what its spare was. One process has it at a time.
 */
export class Tree {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly index: Index;
  readonly local: Local;

  /**
   * @param durable each transaction is on disk when it ends; else a crash may take the last ones back, and never a part of one
   * @throws Error where another process has it, or it is none
   */
  constructor(path: string, { durable }: { readonly durable: boolean }) {
    this.#database = new DatabaseSync(path);
    // Exclusive: no shared memory beside it either, and who comes second is refused.
    this.#database.exec(
      `PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'};`,
    );
    this.#database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
    const version = this.meta('version');
    if (version === undefined) this.setMeta('version', VERSION);
    else if (version !== VERSION) throw new Error(`a tree of version ${version}, and not ${VERSION}`);
    this.index = {
      node: (identity) => this.node(identity),
      name: (directory, name) => this.at(directory, name),
      names: (directory) => this.children(directory),
      unnamed: () => this.#unnamed(),
    };
    this.local = {
      kind: (identity) => this.#get('SELECT kind FROM node WHERE identity = ?', identity)?.kind as Kind | undefined,
      at: ({ directory, name }) => this.at(directory, name),
      names: (identity) => this.names(identity),
      children: (directory) => this.children(directory),
      owed: () => this.#owed(),
    };
  }

  close(): void {
    this.#database.close();
  }

  /** Nothing is known any more. */
  clear(): void {
    for (const table of ['meta', 'node', 'name', 'handle', 'owed', 'settled']) this.#run(`DELETE FROM ${table}`);
    this.setMeta('version', VERSION);
  }

  /** A copy of all of it, whole and by itself. @param path of no file yet */
  copyTo(path: string): void {
    this.#run('VACUUM INTO ?', path);
  }

  /** All or nothing of what is done within. */
  transaction<T>(body: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = body();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  meta(key: string): string | undefined {
    return this.#get('SELECT value FROM meta WHERE key = ?', key)?.value as string | undefined;
  }
  setMeta(key: string, value: string | undefined): void {
    if (value === undefined) this.#run('DELETE FROM meta WHERE key = ?', key);
    else this.#run('REPLACE INTO meta VALUES (?, ?)', key, value);
  }

  node(identity: Identity): Known | undefined {
    const row = this.#get('SELECT * FROM node WHERE identity = ?', identity);
    if (!row) return undefined;
    return {
      kind: row.kind as Kind,
      ctime: row.ctime as bigint,
      size: Number(row.size),
      mtime: row.mtime as bigint,
      ...(row.sha256 === null ? {} : { sha256: row.sha256 as string }),
      ...(row.unsure ? { unsure: true as const } : {}),
    };
  }

  setNode(identity: Identity, known: Known | undefined): void {
    if (known) {
      const { kind, ctime, size, mtime, sha256 = null, unsure } = known;
      this.#run(
        'REPLACE INTO node VALUES (?, ?, ?, ?, ?, ?, ?)',
        identity,
        kind,
        ctime,
        size,
        mtime,
        sha256,
        unsure ? 1 : 0,
      );
      return;
    }
    this.#run('DELETE FROM node WHERE identity = ?', identity);
    this.#run('DELETE FROM name WHERE directory = ?', identity);
    this.#run('DELETE FROM settled WHERE directory = ?', identity);
    this.#run('DELETE FROM handle WHERE identity = ?', identity);
  }

  at(directory: Identity, name: string): Identity | undefined {
    const row = this.#get('SELECT identity FROM name WHERE directory = ? AND name = ?', directory, toBytes(name));
    return row?.identity as Identity | undefined;
  }

  setName(directory: Identity, name: string, identity: Identity | undefined): void {
    if (identity) this.#run('REPLACE INTO name VALUES (?, ?, ?)', directory, toBytes(name), identity);
    else this.#run('DELETE FROM name WHERE directory = ? AND name = ?', directory, toBytes(name));
  }

  children(directory: Identity): [name: string, identity: Identity][] {
    const rows = this.#all('SELECT name, identity FROM name WHERE directory = ?', directory);
    return rows.map((row) => [fromBytes(row.name as Uint8Array), row.identity as Identity]);
  }

  /** Where it is named. */
  names(identity: Identity): Place[] {
    return this.#all('SELECT directory, name FROM name WHERE identity = ?', identity).map(placeOf);
  }

  *#unnamed(): Generator<Identity> {
    const rows = this.#all(
      'SELECT identity FROM node WHERE identity <> ? AND NOT EXISTS (SELECT 1 FROM name WHERE name.identity = node.identity)',
      ROOT,
    );
    for (const row of rows) yield row.identity as Identity;
  }

  #owed(): (readonly [Identity, Place])[] {
    return this.#all('SELECT * FROM owed').map((row) => [row.identity as Identity, placeOf(row)]);
  }

  handleOf(identity: Identity): Handle {
    const row = this.#get('SELECT handle FROM handle WHERE identity = ?', identity);
    return (row?.handle ?? identity.split('.')[0]) as Handle;
  }
  /**
   * An inode number and its generation may be used on two copies of a volume for two things, where both freed the same inode and used it again. The one
   * that came from the journal has its own handle here; so what is found under that of its identity is another thing, and has another identity, on each copy
   * of this volume the same.
   */
  identityOf(handle: Handle): Identity {
    const row = this.#get('SELECT identity FROM handle WHERE handle = ?', handle);
    if (row) return row.identity as Identity;
    let identity = asIdentity(handle);
    for (let n = 1; this.#get('SELECT handle FROM handle WHERE identity = ?', identity); n++)
      identity = `${handle}.${n}` as Identity;
    return identity;
  }
  setHandle(identity: Identity, handle: Handle): void {
    this.#run('DELETE FROM handle WHERE identity = ? OR handle = ?', identity, handle);
    if (asIdentity(handle) !== identity) this.#run('INSERT INTO handle VALUES (?, ?)', handle, identity);
  }

  /** Since then the directory's names have been the ones that stand here. */
  settled(directory: Identity): bigint | undefined {
    return this.#get('SELECT ctime FROM settled WHERE directory = ?', directory)?.ctime as bigint | undefined;
  }
  settle(directory: Identity, ctime: bigint | undefined): void {
    if (ctime === undefined) this.#run('DELETE FROM settled WHERE directory = ?', directory);
    else this.#run('REPLACE INTO settled VALUES (?, ?)', directory, ctime);
  }

  /** What an acknowledged segment stated. */
  applyIndex({ nodes, names }: IndexChanges): void {
    for (const [identity, known] of nodes) this.setNode(identity, known);
    for (const { directory, name, identity } of names) this.setName(directory, name, identity);
  }

  /** What a plan came to. @param signs of all that was touched and is there */
  applyLocal({ kinds, places, owed }: LocalChanges, signs: ReadonlyMap<Identity, Known>): void {
    for (const [identity, kind] of kinds) {
      if (!kind) this.setNode(identity, undefined);
      else if (!signs.has(identity)) this.setNode(identity, { kind, ctime: 0n, size: 0, mtime: 0n });
    }
    for (const [identity, known] of signs)
      if (!kinds.has(identity) || kinds.get(identity)) this.setNode(identity, known);
    for (const { directory, name, identity } of places) this.setName(directory, name, identity);
    this.#run('DELETE FROM owed');
    for (const [identity, { directory, name }] of owed)
      this.#run('INSERT INTO owed VALUES (?, ?, ?)', identity, directory, toBytes(name));
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
  #get(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }
  #all(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values);
  }
  #run(sql: string, ...values: Value[]): void {
    this.#statement(sql).run(...values);
  }
}

type Value = string | bigint | number | Uint8Array | null;

function placeOf(row: Row): Place {
  return { directory: row.directory as Identity, name: fromBytes(row.name as Uint8Array) };
}
