import { expect, test } from '@jest/globals';
import { pathOf } from '../../../operator/restore/path.ts';

test.each([
  ['courses/course-1', 'courses/course-1'],
  ['/courses/course-1/', 'courses/course-1'],
  ['/srv/content/alpha/courses/course-1', 'courses/course-1'],
  ['/srv/content/alpha', ''],
  ['srv/content/alpha', 'srv/content/alpha'],
  ['', ''],
])('a path is read as people write it: %j', (text, path) => expect(pathOf(text, 'alpha')).toBe(path));

test('a path of another volume on its owner is refused', () =>
  expect(() => pathOf('/srv/content/beta/courses', 'alpha')).toThrow(
    'PATH: received "/srv/content/beta/courses"; allowed: a path of alpha, such as courses/course-1',
  ));
