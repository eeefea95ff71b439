/** Outputs of the stack: what a person, and the command line, need of it and cannot guess. By what they are. */
export const OUTPUT = {
  topic: 'TopicArn',
  ledger: 'LedgerTable',
  healer: 'HealerFunction',
  deadLetters: 'DeadLetterQueue',
  guard: 'GuardFunction',
  keeper: 'KeeperFunction',
  drill: 'DrillFunction',
  balancer: 'BalancerName',
  accessLogs: 'AccessLogsBucket',
  journal: 'JournalBucket',
  intake: 'IntakeBucket',
  bundles: 'BundlesBucket',
  pages: 'IncidentPagesBucket',
  software: 'SoftwareBucket',
  endpoints: 'NetworkEndpoints',
  operator: 'OperatorPolicy',
  viewer: 'ViewerPolicy',
  unused: 'UnusedDocument',
  key: 'KeyArn',
} as const;
export type Output = (typeof OUTPUT)[keyof typeof OUTPUT];
