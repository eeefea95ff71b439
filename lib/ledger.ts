import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, type IGrantable, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { LEDGER } from '../contract/contract.ts';
import { allowKeyVia } from './internal/key-use.ts';

// DynamoDB uses the key in the caller's name, docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
const TO_READ = ['kms:DescribeKey', 'kms:Decrypt'];
const TO_WRITE = [...TO_READ, 'kms:Encrypt', 'kms:GenerateDataKey'];

export interface LedgerProps {
  /** Encrypts the table. */
  readonly key: IKey;
}

/** The ledger: who may act on a content volume, what was last agreed, and the record of every incident. It outlives the stack. */
export class Ledger extends Construct {
  readonly #key: IKey;
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: LedgerProps) {
    super(scope, id);
    this.#key = props.key;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: LEDGER.partitionKey, type: AttributeType.STRING },
      sortKey: { name: LEDGER.sortKey, type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.customerManagedKey(props.key),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      resourcePolicy: tlsOnly(),
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** To read entries, take leases and write records; never to delete any. */
  grantActing(grantee: IGrantable): void {
    this.table.grant(grantee, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    this.#open(grantee, TO_WRITE);
  }

  /** To read entries, and to write the guard's own notes; the leases only to read. */
  grantNoting(grantee: IGrantable): void {
    this.table.grant(grantee, 'dynamodb:GetItem');
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['dynamodb:PutItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [LEDGER.guard] } },
      }),
    );
    this.#open(grantee, TO_WRITE);
  }

  grantReading(grantee: IGrantable): void {
    this.table.grant(grantee, 'dynamodb:GetItem');
    this.#open(grantee, TO_READ);
  }

  /**
   * To read the entries of content volumes, and nothing else: for instances, which ask after a boot whose a volume is.
   * Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
   */
  grantAsking(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'AsksLedger',
        actions: ['dynamodb:GetItem'],
        resources: [this.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${LEDGER.volume}*`] } },
      }),
    );
    this.#open(grantee, TO_READ);
  }

  #open(grantee: IGrantable, actions: readonly string[]): void {
    allowKeyVia(grantee, this.#key, 'dynamodb', actions, 'OpensLedger');
  }
}

/**
 * DynamoDB answers plain HTTP as well (docs.aws.amazon.com/general/latest/gr/ddb.html); of this table it tells nothing that way. The
 * policy is the table's own, so `*` is the table (docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-bpa-rbp.html); by its
 * name it would wait for itself.
 */
function tlsOnly(): PolicyDocument {
  return new PolicyDocument({
    statements: [
      new PolicyStatement({
        sid: 'TlsOnly',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['dynamodb:*'],
        resources: ['*'],
        conditions: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    ],
  });
}
