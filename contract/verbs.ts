/** Names that scripts on hosts share with whoever runs them: verbs, parameters, states. `contract.ts` hands them on. */

/** Host verbs: `host/<verb>.sh`, each carried by one SSM document. */
export const HOST_VERBS = [
  'probe',
  'format',
  'mount',
  'verify',
  'serve',
  'release',
  'grow',
  'check',
  'drain',
  'follow',
  'bundle',
  'unused',
] as const;
/** One of {@link HOST_VERBS}. */
export type HostVerb = (typeof HOST_VERBS)[number];
/** What `drain` may end well in: how far it came. Each lets content be served. */
export const DRAIN_STATES = ['drained', 'behind', 'unsealed', 'none'] as const;
/** One of {@link DRAIN_STATES}. */
export type DrainState = (typeof DRAIN_STATES)[number];
/** Verbs that only a stack with a journal of files has. */
export const JOURNAL_VERBS = ['drain', 'follow'] as const satisfies readonly HostVerb[];
/** What `follow` may end well in; `none`: the host has no agent, and nothing was done. */
export const FOLLOW_STATES = ['following', 'none'] as const;

/** What `bundle` may end well in; `absent`: the copy has nothing of that name, and nothing was written. */
export const BUNDLE_STATES = ['bundled', 'absent'] as const;
/** The key that `bundle` writes to, below {@link BUNDLE_PREFIX}; source of a regular expression. */
export const BUNDLE_KEY = /^bundles\/[a-z0-9-]{1,78}\.tar$/;
/** What keys of {@link BUNDLE_KEY} begin with: what is below it expires after a day. */
export const BUNDLE_PREFIX = 'bundles/';
/** A path for `bundle`, from the top of the volume with a slash before it, in base64: names may hold any byte but / and NUL. */
export const BUNDLE_PATH = /^[A-Za-z0-9+/]{2,5464}={0,2}$/;

/** The script that DLM runs before and after its snapshots, `host/dlm.sh`. */
export const DLM_VERB = 'dlm';
/** Its parameters, whose names are DLM's. */
export const DLM_PARAMETER = {
  /** One of {@link DLM_COMMANDS}. */
  command: 'command',
  /** Which snapshot it is for: {@link EXECUTION_ID}. */
  executionId: 'executionId',
} as const;
/**
 * What DLM asks of the script.
 * Source: docs.aws.amazon.com/ebs/latest/userguide/automate-app-consistent-backups.html, the template of a document.
 */
export const DLM_COMMANDS = ['pre-script', 'post-script', 'dry-run'] as const;
/** What DLM numbers its snapshots with: a UUID, or `None` for a dry run. */
export const EXECUTION_ID = /^(None|[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12})$/;

/** SSM document parameters; the agent hands each to the script as the environment variable `SSM_<name>`. */
export const VERB_PARAMETER = {
  /** Name of the content volume: `VOLUME_NAME`. */
  volume: 'Volume',
  /** The EBS volume: `VOLUME_ID`. */
  volumeId: 'VolumeId',
  /** Number of the drill: `SEED`. */
  seed: 'Seed',
  /** How much of the content it is to read: `PORTION`. */
  portion: 'Portion',
  /** Of the new owner, with which it seals the journal: `TERM`. */
  term: 'Term',
  /** Name of the bucket of the journals. */
  bucket: 'Bucket',
  /** Region of that bucket. */
  region: 'Region',
  /** What is brought out of a copy: `BUNDLE_PATH`. */
  path: 'Path',
  /** Of the object that it is written to: `BUNDLE_KEY`. */
  key: 'Key',
} as const;

/** The script that brings an instance to a version of the host software, `host/update.sh`. */
export const UPDATE_VERB = 'update';
/** Its parameters. */
export const UPDATE_PARAMETER = {
  /** The version: {@link SOFTWARE_VERSION}. */
  version: 'Version',
  /** Name of the bucket that it is in. */
  bucket: 'Bucket',
  /** Region of the bucket, and of the ledger. */
  region: 'Region',
  /** Name of the ledger's table. */
  ledger: 'Ledger',
  /** Name of the bucket of the journals. */
  journal: 'Journal',
  /** Name of the bucket of uploads. */
  intake: 'Intake',
  /** Name of the table that standbys write to. */
  witness: 'Witness',
} as const;
/** The script that a host runs at boot, `host/resume.sh`. */
export const RESUME_VERB = 'resume';
/** A version of the host software: the sha256 of its archive. */
export const SOFTWARE_VERSION = /^[0-9a-f]{64}$/;
/** What the archive's key begins with; its version and `.tar` follow. */
export const SOFTWARE_KEY = 'remount-host-';
