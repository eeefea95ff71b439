import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type ITableV2,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { AnyPrincipal, Effect, Grant, type IGrantable, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct, type IConstruct } from 'constructs';
import { LEDGER } from '../contract/contract.ts';
import { WITNESS } from '../contract/witness.ts';
import { acknowledge, granted } from './internal/acknowledge.ts';
import { allowKeyVia, named } from './internal/key-use.ts';
import { checkProps, PROP } from './props/props.ts';
import { fail } from './props/refusal.ts';

// DynamoDB uses the key in the caller's name, docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
const TO_READ = ['kms:DescribeKey', 'kms:Decrypt'];
const TO_WRITE = [...TO_READ, 'kms:Encrypt', 'kms:GenerateDataKey'];

/** The ledger of a Remount, of this app or another. */
export interface ILedger extends IConstruct {
  /** Its table. Write no entries by hand: functions decide by them. */
  readonly table: ITableV2;
  /** To read entries, take leases and write records; never to delete any. */
  grantActing(grantee: IGrantable): Grant;
  /** To read entries, and to write the guard's own notes; the leases only to read. */
  grantNoting(grantee: IGrantable): Grant;
  /** To read entries, and to note how often a look was started because a standby asked for it. */
  grantStarting(grantee: IGrantable): Grant;
  /** To read entries, and nothing else. */
  grantReading(grantee: IGrantable): Grant;
  /** To read the entries of content volumes: for instances, which ask after a boot whose a volume is. */
  grantAsking(grantee: IGrantable): Grant;
  /** To be handed what is written to it, by its stream: for a function. */
  grantFollowing(grantee: IGrantable): Grant;
  /** To read the entries of content volumes and the records of their incidents, and to see how the key is: for people who look. */
  grantViewing(grantee: IGrantable): Grant;
}

/** What says which table is the ledger of another stack. */
export interface LedgerAttributes {
  /** Name of the table, in this account and Region. */
  readonly tableName: string;
  /** Encrypts the table: what is granted here includes its use, through DynamoDB alone. */
  readonly key: IKey;
  /**
   * ARN of its stream of new images.
   * @default nobody here follows what is written to it
   */
  readonly tableStreamArn?: string;
}

/** What a ledger is made with. It is billed by the request, and by what it stores, backups included. */
export interface LedgerProps {
  /** Encrypts the table. It has to outlive the stack, as the table does. */
  readonly key: IKey;
}

abstract class LedgerBase extends Construct implements ILedger {
  abstract readonly table: ITableV2;
  protected abstract readonly key: IKey;

  grantActing(grantee: IGrantable): Grant {
    return this.table
      .grant(grantee, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem')
      .combine(this.#open(grantee, TO_WRITE));
  }

  grantNoting(grantee: IGrantable): Grant {
    return this.#noting(grantee, { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [LEDGER.guard] } });
  }

  grantStarting(grantee: IGrantable): Grant {
    return this.#noting(grantee, { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${WITNESS.partition}*`] } });
  }

  grantReading(grantee: IGrantable): Grant {
    return this.table.grant(grantee, 'dynamodb:GetItem').combine(this.#open(grantee, TO_READ));
  }

  grantAsking(grantee: IGrantable): Grant {
    return this.#ofVolumes(grantee, ['dynamodb:GetItem'], 'AsksLedger').combine(this.#open(grantee, TO_READ));
  }

  /**
   * The stream is encrypted with the table's key (docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html), so whoever reads it opens that:
   * github.com/aws/aws-cdk/issues/22796
   */
  grantFollowing(grantee: IGrantable): Grant {
    const stream = this.table.tableStreamArn;
    if (stream === undefined) fail('tableStreamArn', undefined, 'the ARN of the stream of the table');
    const give = (actions: string[], resource: string, sid: string) =>
      named(Grant.addToPrincipal({ grantee, actions, resourceArns: [resource] }), sid);
    const construct = granted(grantee);
    if (construct)
      acknowledge(construct, 'AwsSolutions-IAM5[Resource::*]', 'ListStreams has no resources, and Lambda asks for it');
    return give(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], stream, 'ReadsStream')
      .combine(give(['dynamodb:ListStreams'], '*', 'ListsStreams'))
      .combine(this.#open(grantee, ['kms:Decrypt']));
  }

  grantViewing(grantee: IGrantable): Grant {
    const reading = this.#ofVolumes(grantee, ['dynamodb:GetItem', 'dynamodb:Query'], 'ViewsLedger');
    const opening = this.#open(grantee, ['kms:Decrypt']);
    // By itself: what is asked through DynamoDB is within that.
    const seeing = Grant.addToPrincipal({ grantee, actions: ['kms:DescribeKey'], resourceArns: [this.key.keyArn] });
    return reading.combine(opening).combine(named(seeing, 'SeesKey'));
  }

  /** Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html */
  #ofVolumes(grantee: IGrantable, actions: string[], sid: string): Grant {
    const conditions = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${LEDGER.volume}*`] } };
    const reading = Grant.addToPrincipal({ grantee, actions, resourceArns: [this.table.tableArn], conditions });
    return named(reading, sid);
  }

  /** To write where a condition says, and to read. */
  #noting(grantee: IGrantable, conditions: Record<string, Record<string, readonly string[]>>): Grant {
    const reading = this.table.grant(grantee, 'dynamodb:GetItem');
    const actions = ['dynamodb:PutItem'];
    const noting = Grant.addToPrincipal({ grantee, actions, resourceArns: [this.table.tableArn], conditions });
    return reading.combine(noting).combine(this.#open(grantee, TO_WRITE));
  }

  #open(grantee: IGrantable, actions: readonly string[]): Grant {
    return allowKeyVia(grantee, this.key, 'dynamodb', actions, 'OpensLedger');
  }
}

class ImportedLedger extends LedgerBase {
  readonly table: ITableV2;
  protected readonly key: IKey;

  constructor(scope: Construct, id: string, { tableName, key, tableStreamArn }: LedgerAttributes) {
    super(scope, id);
    checkProps({ tableName }, { tableName: PROP.tableName });
    this.table = TableV2.fromTableAttributes(this, 'Table', { tableName, tableStreamArn });
    this.key = key;
  }
}

/** The ledger: who may act on a content volume, what was last agreed, and the record of every incident. It outlives the stack. */
export class Ledger extends LedgerBase {
  /** The ledger of another stack, or of a stack that was deleted: it is left behind, and can be gone on with. @throws SettingsError */
  static fromLedgerAttributes(scope: Construct, id: string, attributes: LedgerAttributes): ILedger {
    return new ImportedLedger(scope, id, attributes);
  }

  protected readonly key: IKey;
  /** Its table. It outlives the stack. Write no entries by hand: functions decide by them. */
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: LedgerProps) {
    super(scope, id);
    this.key = props.key;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: LEDGER.partitionKey, type: AttributeType.STRING },
      sortKey: { name: LEDGER.sortKey, type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.customerManagedKey(props.key),
      // Who follows it is nobody that a heal waits for: decision 47.
      dynamoStream: StreamViewType.NEW_IMAGE,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      resourcePolicy: tlsOnly(),
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

/**
 * DynamoDB answers plain HTTP as well (docs.aws.amazon.com/general/latest/gr/ddb.html); of a table with this policy it says nothing that way. The
 * policy is the table's own, so `*` is the table (docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-bpa-rbp.html); by its
 * name it would wait for itself.
 */
export function tlsOnly(): PolicyDocument {
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
