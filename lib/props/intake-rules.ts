import { Size, SizeRoundingBehavior } from 'aws-cdk-lib';
import { INTAKE_LIMITS } from '../../contract/intake.ts';
import { checkProps, PROP } from './props.ts';

/** What is taken of what is uploaded; the rest is refused, with a reason. None of it costs anything. */
export interface IntakeRules {
  /**
   * Names in a course, of files and directories: 1 to 30,000.
   * @default 20,000
   */
  readonly maxNames?: number;
  /**
   * How large a course may be, unpacked: 1 to 1,024 GiB, in whole GiB.
   * @default 8 GiB
   */
  readonly maxSize?: Size;
  /**
   * How many times the size of its upload a course of more than 64 MiB may be: 2 to 1,032. Text comes to 5, blank pictures to some 30.
   * @default 100
   */
  readonly maxRatio?: number;
  /**
   * Percent of a volume's space, and of its inodes, that an upload leaves: 0 to 50.
   * @default 5
   */
  readonly reservePercent?: number;
  /**
   * Whether two names in a course that differ in case alone are one, and refused: for who copies courses to disks that do not distinguish them.
   * @default they are two names
   */
  readonly ignoreCase?: boolean;
}

/** With what is left out. @throws SettingsError */
export function rulesOf(rules: IntakeRules = {}): Required<IntakeRules> {
  const { names, bytes, ratio, reserve } = INTAKE_LIMITS;
  const { maxNames = names, maxSize = Size.gibibytes(bytes / 2 ** 30), maxRatio = ratio } = rules;
  const { reservePercent = reserve, ignoreCase = false } = rules;
  const known = { maxNames, maxRatio, reservePercent, ignoreCase };
  const gib = maxSize.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  const { maxNames: ofNames, maxGiB, maxRatio: ofRatio, reservePercent: ofReserve, ignoreCase: ofCase } = PROP;
  checkProps(
    { ...known, maxSize: gib },
    { maxNames: ofNames, maxSize: maxGiB, maxRatio: ofRatio, reservePercent: ofReserve, ignoreCase: ofCase },
  );
  return { ...known, maxSize };
}

/** As the agent on hosts has them in its settings, between the braces. */
export function rulesForHosts({
  maxNames,
  maxSize,
  maxRatio,
  reservePercent,
  ignoreCase,
}: Required<IntakeRules>): string {
  const limits = { names: maxNames, bytes: maxSize.toBytes(), ratio: maxRatio, reserve: reservePercent };
  return `${JSON.stringify({ ignoreCase, limits }).slice(1, -1)}\n`;
}
