import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

/** Jest's transform for TypeScript: Node's own type stripping, as when the app runs. Positions stay, so no source map is needed. */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
  getCacheKey: (source, path) => createHash('sha256').update(`${process.version} ${path}\n${source}`).digest('hex'),
};
