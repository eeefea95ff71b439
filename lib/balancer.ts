import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, Peer, Port, SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  type ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  type IApplicationLoadBalancerTarget,
  type IApplicationTargetGroup,
  ListenerAction,
  ListenerCertificate,
  ListenerCondition,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { IContentVolume } from './content-volume.ts';
import { acknowledge, acknowledgeControl } from './internal/acknowledge.ts';
import { checkProps, PROP } from './props/props.ts';

/** Where the load balancer stands, and what it asks for content. Its hours, and the content that it hands out, are paid for. */
export interface ContentBalancerProps {
  /** It takes the public subnets: in two zones at least, and each has an address that is paid for by the hour. */
  readonly vpc: IVpc;
  /** What serves content: every instance that may be an owner, such as `Fleet.groups`. */
  readonly targets: readonly IApplicationLoadBalancerTarget[];
  /** Of the instances; it is opened for requests from the load balancer. */
  readonly instanceSecurityGroup: ISecurityGroup;
  /**
   * ARN of an ACM certificate of the load balancer's Region, for HTTPS; port 80 then only redirects.
   * @default plain HTTP on port 80: whoever is on the way reads along
   */
  readonly certificateArn?: string;
}

/**
 * The load balancer: one target group for each content volume that it {@link ContentBalancer.serves}, with every instance in each. Its
 * health check reads the canary from the volume, so only the owner is healthy, and a switch of owner needs no change of DNS.
 */
export class ContentBalancer extends Construct {
  /** It is open to the public, on port 80 and, with a certificate, 443. Its DNS name is where content is. */
  readonly loadBalancer: ApplicationLoadBalancer;
  /** Has its access logs, each for 90 days, and outlives the stack. */
  readonly accessLogs: Bucket;
  readonly #vpc: IVpc;
  readonly #targets: readonly IApplicationLoadBalancerTarget[];
  readonly #listener: ApplicationListener;
  readonly #served: string[] = [];

  constructor(scope: Construct, id: string, props: ContentBalancerProps) {
    super(scope, id);
    this.#vpc = props.vpc;
    this.#targets = props.targets;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'Content load balancer',
      allowAllOutbound: false,
    });
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      internetFacing: true,
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      securityGroup,
      dropInvalidHeaderFields: true,
      // It holds no data, and a first deployment that fails must be able to take it away again: what protects the stack is its
      // termination protection. Said, because a load balancer that has it on keeps it until somebody switches it off (aws/aws-cdk#9975).
      deletionProtection: false,
    });
    acknowledge(
      this.loadBalancer,
      'NIST.800.53.R5-ALBWAFEnabled',
      'Files are served as they are, by nginx, without an application behind; whoever has one brings a web ACL',
    );
    acknowledgeControl(
      this.loadBalancer,
      'ELBDeletionProtectionEnabled',
      'It would fail the rollback of a first deployment, and holds no data; the stack has termination protection',
    );
    this.accessLogs = this.#makeAccessLogs();
    this.loadBalancer.logAccessLogs(this.accessLogs);
    this.#listener = this.#listen(props.certificateArn, securityGroup);
    props.instanceSecurityGroup.addIngressRule(securityGroup, Port.tcp(80), 'Requests and health checks');
    securityGroup.addEgressRule(props.instanceSecurityGroup, Port.tcp(80), 'Requests and health checks');
  }

  /**
   * Serves a content volume below `/<name>/`.
   *
   * @returns the target group that it is reached by, for `VolumeHealer.heals`
   * @throws SettingsError
   */
  serves({ volumeName }: IContentVolume): IApplicationTargetGroup {
    checkProps({ volumes: [...this.#served, volumeName] }, { volumes: PROP.volumes });
    this.#served.push(volumeName);
    return this.#serve(volumeName, this.#served.length - 1);
  }

  #listen(certificateArn: string | undefined, securityGroup: SecurityGroup): ApplicationListener {
    const notFound = ListenerAction.fixedResponse(404, {
      contentType: 'text/plain',
      messageBody: 'no such content volume\n',
    });
    const port = (n: number) => securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(n), 'Content is public');
    acknowledge(
      securityGroup,
      'AwsSolutions-EC23',
      'This load balancer serves content to the public; the instances behind it take requests from it alone',
    );
    port(80);
    if (!certificateArn) return this.#plain(notFound);
    port(443);
    const redirect = ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true });
    const http = { protocol: ApplicationProtocol.HTTP, open: false, defaultAction: redirect };
    acknowledgeControl(
      this.loadBalancer.addListener('Http', http),
      'ELBv2ACMCertificateRequired',
      'This listener only redirects to the one with the certificate',
    );
    const certificates = [ListenerCertificate.fromArn(certificateArn)];
    return this.loadBalancer.addListener('Https', {
      protocol: ApplicationProtocol.HTTPS,
      certificates,
      open: false,
      defaultAction: notFound,
    });
  }

  #plain(defaultAction: ListenerAction): ApplicationListener {
    const listener = this.loadBalancer.addListener('Http', {
      protocol: ApplicationProtocol.HTTP,
      open: false,
      defaultAction,
    });
    for (const rule of ['ALBHttpToHttpsRedirection', 'ELBv2ACMCertificateRequired'])
      acknowledgeControl(
        listener,
        rule,
        'A certificate belongs to a domain, which this stack cannot have: the setting certificateArn turns this into a redirect',
      );
    return listener;
  }

  #serve(volume: string, index: number): ApplicationTargetGroup {
    const group = new ApplicationTargetGroup(this, `Targets-${volume}`, {
      vpc: this.#vpc,
      targetType: TargetType.INSTANCE,
      protocol: ApplicationProtocol.HTTP,
      port: 80,
      targets: [...this.#targets],
      deregistrationDelay: Duration.seconds(10),
      healthCheck: {
        path: `/healthz/${volume}`,
        healthyHttpCodes: '200',
        interval: Duration.seconds(5),
        timeout: Duration.seconds(2),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    this.#listener.addTargetGroups(`Serve-${volume}`, {
      targetGroups: [group],
      priority: 10 + index,
      // The first is answered with a redirect to the second, as any directory without its slash is.
      conditions: [ListenerCondition.pathPatterns([`/${volume}`, `/${volume}/*`])],
    });
    return group;
  }

  #makeAccessLogs(): Bucket {
    const bucket = new Bucket(this, 'AccessLogs', {
      // Access logs cannot be encrypted with a key of one's own, docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      versioned: true,
      lifecycleRules: [{ expiration: Duration.days(90), noncurrentVersionExpiration: Duration.days(30) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(bucket, 'AwsSolutions-S1', 'This bucket holds access logs; logging access to them would log itself');
    acknowledgeControl(
      bucket,
      'S3BucketLoggingEnabled',
      'This bucket holds access logs; logging access to them would log itself',
    );
    acknowledgeControl(
      bucket,
      'S3BucketReplicationEnabled',
      'Access logs are no content: nothing is served or restored from them',
    );
    acknowledgeControl(
      bucket,
      'S3DefaultEncryptionKMS',
      'Load balancers write access logs to buckets with keys managed by S3 only',
    );
    return bucket;
  }
}
