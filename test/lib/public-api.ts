import { join } from 'node:path';
import { isClassDeclaration, isMethodDeclaration, isPropertyDeclaration, SyntaxKind } from 'typescript/unstable/ast';
import {
  API,
  type Checker,
  type InterfaceType,
  type NodeHandle,
  SymbolFlags,
  type Type,
  type Symbol as TypeSymbol,
} from 'typescript/unstable/sync';

/** Something that an entry point of the package offers, or a member of it: what a reader of the reference meets. */
export interface Offered {
  /** `ContentVolumeProps.size`. A static member, and one of a constant, is named in the same way. */
  readonly name: string;
  /** The comment above it, without tags; of a member of a class also that of the interface which the class implements. */
  readonly says: string;
  readonly optional: boolean;
  /** What follows `@default`. */
  readonly byDefault: string | undefined;
}

const HIDDEN: ReadonlySet<SyntaxKind> = new Set([SyntaxKind.PrivateKeyword, SyntaxKind.ProtectedKeyword]);

/** Members of members, such as `Settings.drills.prefer`, and no endless ones. */
const DEPTH = 4;

/**
 * What files of this project export, as the compiler sees it: members that are picked of other types, or inferred from a schema,
 * are among it. What is of packages is not, and neither is what is private or protected.
 *
 * @param project a tsconfig.json that the files belong to
 */
export function offeredBy(project: string, files: readonly string[], ours: readonly string[]): Offered[] {
  const api = new API({ cwd: join(project, '..') });
  try {
    const [opened] = api.updateSnapshot({ openProjects: [project] }).getProjects();
    if (!opened) throw new Error(`${project} was not opened`);
    const { checker, program } = opened;
    return files.flatMap((file) => {
      const source = program.getSourceFile(file);
      const module = source && checker.getSymbolAtLocation(source);
      if (!module) throw new Error(`${file} exports nothing`);
      const lister = new Lister(checker, ours);
      return checker.getExportsOfModule(module).flatMap((exported) => lister.of(exported));
    });
  } finally {
    api.close();
  }
}

class Lister {
  readonly #checker: Checker;
  readonly #ours: readonly string[];

  constructor(checker: Checker, ours: readonly string[]) {
    this.#checker = checker;
    this.#ours = ours;
  }

  of(exported: TypeSymbol): Offered[] {
    const checker = this.#checker;
    const symbol = exported.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const { name } = exported;
    const itself = this.#offered(name, symbol, []);
    if (symbol.flags & SymbolFlags.Function) return [itself];
    if (symbol.flags & SymbolFlags.Class) {
      const instance = checker.getDeclaredTypeOfSymbol(symbol);
      const statics = checker.getTypeOfSymbol(symbol);
      const implemented = this.#implementedBy(instance);
      return [itself, ...this.#members(name, instance, implemented), ...(statics ? this.#members(name, statics) : [])];
    }
    const type =
      symbol.flags & SymbolFlags.Type ? checker.getDeclaredTypeOfSymbol(symbol) : checker.getTypeOfSymbol(symbol);
    return [itself, ...(type ? this.#members(name, type) : [])];
  }

  #offered(name: string, symbol: TypeSymbol, elsewhere: readonly TypeSymbol[]): Offered {
    const checker = this.#checker;
    const says = [symbol, ...elsewhere]
      .map((each) => checker.getDocumentationCommentOfSymbol(each))
      .find((text) => text);
    const byDefault = checker.getJsDocTagsOfSymbol(symbol).find((tag) => tag.name === 'default')?.text;
    const optional = (symbol.flags & SymbolFlags.Optional) !== 0;
    return {
      name,
      says: says ?? '',
      optional,
      byDefault: typeof byDefault === 'string' ? byDefault.trim() : byDefault,
    };
  }

  /** @param implemented interfaces that may say what a member is */
  #members(owner: string, type: Type, implemented: readonly Type[] = [], depth = 1): Offered[] {
    const checker = this.#checker;
    const members = checker.getPropertiesOfType(type).filter((member) => this.#isOffered(member));
    return members.flatMap((member) => {
      const name = `${owner}.${member.name}`;
      const elsewhere = implemented.flatMap((each) => checker.getPropertyOfType(each, member.name) ?? []);
      const within = depth < DEPTH ? this.#unnamed(checker.getTypeOfSymbol(member)) : [];
      const inner = within.flatMap((each) => this.#members(name, each, [], depth + 1));
      return [this.#offered(name, member, elsewhere), ...inner];
    });
  }

  /** Of this project, and for everybody: the compiler lists what is private by `#` under such a name. */
  #isOffered(member: TypeSymbol): boolean {
    if (member.name.startsWith('__#')) return false;
    return member.declarations.some((at) => {
      if (!this.#ours.some((folder) => at.path.startsWith(folder))) return false;
      const node = at.resolve();
      const isMember = node && (isPropertyDeclaration(node) || isMethodDeclaration(node));
      return !isMember || !(node.modifiers ?? []).some(({ kind }) => HIDDEN.has(kind));
    });
  }

  /** Types without a name that a member's type is made of: their members are read where the member is. */
  #unnamed(type: Type | undefined): Type[] {
    if (!type || type.getAliasSymbol()) return [];
    if (type.isUnionType() || type.isIntersectionType())
      return (type.getTypes() ?? []).flatMap((each) => this.#unnamed(each));
    if (type.isTypeReference()) return this.#checker.getTypeArguments(type).flatMap((each) => this.#unnamed(each));
    return type.getSymbol()?.name.startsWith('__') ? [type] : [];
  }

  /** All the way up. */
  #implementedBy(type: Type): Type[] {
    const { declarations = [] } = type.getSymbol() ?? {};
    const clauses = declarations.flatMap((at: NodeHandle) => {
      const node = at.resolve();
      return node && isClassDeclaration(node) ? [...(node.heritageClauses ?? [])] : [];
    });
    const named = clauses
      .filter((clause) => clause.token === SyntaxKind.ImplementsKeyword)
      .flatMap((clause) => [...clause.types].flatMap((each) => this.#checker.getTypeAtLocation(each) ?? []));
    const above = type.isClassOrInterface() ? this.#checker.getBaseTypes(type as InterfaceType) : [];
    return [...named, ...above.flatMap((each) => this.#implementedBy(each))];
  }
}
