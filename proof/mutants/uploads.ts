import { broken, type Mutant, PROMISE, rehearse } from './mutant.ts';

/** Of scenarios in which courses are uploaded into S3. */
export const UPLOADS: readonly Mutant[] = [
  // What is not answered keeps others from being taken in: then somebody deletes what was never there.
  broken(
    'bad-wednesday',
    'hosts may answer uploads',
    {
      file: 'lib/content-intake.ts',
      code: "'AnswersUploads', ['s3:PutObject']",
      instead: "'AnswersUploads', ['s3:PutObjectTagging']",
    },
    [{ dies: 'no course course-' }],
  ),
  broken('intake', 'instances are told where uploads are', {
    file: 'lib/internal/user-data.ts',
    code: '...(intake ? [',
    instead: '...(intake && false ? [',
  }),
  broken('intake-bad', 'a path that leads out of its course is refused as one', {
    file: 'intake/path.ts',
    code: "return name.split('/').includes('..') ? 'parent' : undefined;",
    instead: 'return undefined;',
  }),
  broken('intake-during-heal', 'between two forms of a course the newer one counts', {
    file: 'intake/decide.ts',
    code: 'one.modified > other.modified;',
    instead: 'one.modified < other.modified;',
  }),
  broken('intake-again', 'hosts may read what they have hidden', {
    file: 'lib/content-intake.ts',
    code: "['s3:GetObjectVersion'], this",
    instead: "['s3:GetObjectVersionAcl'], this",
  }),
  broken('intake-killed', 'another version of a key is another upload', {
    file: 'intake/decide.ts',
    code: 'one.key === other.key && one.version === other.version;',
    instead: 'one.key === other.key;',
  }),
  {
    rule: 'intake-flood: an upload may wait for a while behind others',
    edits: [
      {
        file: 'lib/internal/journal-alarm.ts',
        code: 'const INTAKE_SECONDS = 900;',
        instead: 'const INTAKE_SECONDS = 5;',
      },
      { file: 'lib/internal/journal-alarm.ts', code: 'const MINUTES = 5;', instead: 'const MINUTES = 1;' },
    ],
    play: rehearse('intake-flood'),
    notices: [PROMISE],
  },
];
