import { type CfnResource, Duration, type PolicyValidationPluginReport } from 'aws-cdk-lib';
import { NagMessageLevel, NagPack, type NagPackProps, NagRuleCompliance, type NagRuleResult } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { ALARM_RULES } from './alarms/alarm-rules.ts';
import { START_WINDOW_MINUTES } from './copies/snapshot-times.ts';
import { DeclaredResources } from './declared.ts';
import type { Objectives, Rule } from './rule.ts';
import { STANDBY_RULE } from './volumes/standby-rule.ts';
import { VOLUME_RULES } from './volumes/volume-rules.ts';

/** cdk-nag's own, and what the app is held to. */
export interface ResilienceChecksProps extends NagPackProps, Objectives {}

/** Every rule, in the order of `docs/resilience-checks.md`. */
export const RESILIENCE_RULES: readonly Rule[] = [...VOLUME_RULES, ...ALARM_RULES, STANDBY_RULE];
/** In brackets behind the id of a rule that could not be judged, so that it is acknowledged apart from one that is broken. */
export const UNJUDGED = 'CannotBeJudged';
const PACK = 'Resilience';
/** As cdk-nag writes them. */
const [ERROR, WARNING] = ['error', 'warning'];

/**
 * Checks that an app's data would survive the loss of a volume, an instance or a night: a pack for cdk-nag 3.
 *
 * `Validations.of(app).addPlugins(new ResilienceChecks(app, { recoveryPointGap: Duration.minutes(75) }))`
 *
 * It judges what the template says, and says so where that is known at deployment only. The rules: `docs/resilience-checks.md`.
 */
export class ResilienceChecks extends NagPack {
  /** As reports have it. */
  readonly name = PACK;
  /** Of {@link RESILIENCE_RULES}, as reports have them. */
  override readonly ruleIds = RESILIENCE_RULES.map(({ id }) => `${PACK}-${id}`);
  readonly #objectives: Required<Objectives>;
  readonly #said = new Map<string, string>();
  #app: DeclaredResources | undefined;

  /** @throws Error for an objective that nothing can meet, or everything */
  constructor(scope?: IConstruct, props: ResilienceChecksProps = {}) {
    super(scope, props);
    this.packName = PACK;
    this.#objectives = {
      recoveryPointGap: props.recoveryPointGap ?? Duration.hours(2),
      recoveryPoints: props.recoveryPoints ?? 5,
      recoveryPointReach: props.recoveryPointReach ?? Duration.hours(24),
      instancesPerZone: props.instancesPerZone ?? 2,
    };
    const { recoveryPoints, instancesPerZone } = this.#objectives;
    for (const [name, value] of Object.entries({ recoveryPoints, instancesPerZone }))
      if (!Number.isInteger(value) || value < 1)
        throw new Error(`${name}: received ${value}; allowed: a whole number from 1`);
    const gap = this.#objectives.recoveryPointGap.toMinutes({ integral: false });
    if (gap <= START_WINDOW_MINUTES)
      throw new Error(
        `recoveryPointGap: received ${gap} minutes; allowed: more than ${START_WINDOW_MINUTES} minutes, which DLM may be late by`,
      );
    const reach = this.#objectives.recoveryPointReach.toMinutes({ integral: false });
    if (reach <= 0) throw new Error(`recoveryPointReach: received ${reach} minutes; allowed: more than 0 minutes`);
  }

  /** As cdk-nag's, but each finding speaks for itself: a pack's findings of one rule would share the words of the first. */
  override validateScope(scope: IConstruct): PolicyValidationPluginReport {
    this.#app = new DeclaredResources(scope);
    this.#said.clear();
    const violations = super.validateScope(scope).violations.flatMap((violation) =>
      violation.violatingResources.map((resource) => ({
        ...violation,
        // What nobody can know before the deployment stops none: it may well be right.
        severity: violation.ruleName.endsWith(`[${UNJUDGED}]`) ? WARNING : ERROR,
        description: this.#said.get(`${violation.ruleName} ${resource.constructPath}`) ?? violation.description,
        violatingResources: [resource],
      })),
    );
    return { success: violations.every(({ severity }) => severity === WARNING), violations };
  }

  protected override checkResource(node: CfnResource): void {
    for (const rule of RESILIENCE_RULES.filter(({ types }) => types.includes(node.cfnResourceType)))
      this.applyRule({
        ruleSuffixOverride: rule.id,
        info: rule.title,
        explanation: rule.why,
        level: NagMessageLevel.ERROR,
        node,
        rule: () => this.#judge(rule, node),
      });
  }

  #judge(rule: Rule, node: CfnResource): NagRuleResult {
    if (!this.#app) throw new Error('judged before the app was read');
    const finding = rule.judge(this.#app.render(node), this.#app, this.#objectives);
    if (!finding) return NagRuleCompliance.COMPLIANT;
    const ruleName = `${PACK}-${rule.id}${finding.unjudged ? `[${UNJUDGED}]` : ''}`;
    this.#said.set(`${ruleName} ${node.node.path}`, `${finding.says}.`);
    return finding.unjudged ? [UNJUDGED] : NagRuleCompliance.NON_COMPLIANT;
  }
}
